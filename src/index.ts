// The public surface of voirs; nothing else is public.
export { AudioBuffer, type AudioFormat, type SaveOptions } from './audio/audio-buffer.js';
export type { TimedMark, TimedPhone, TimedWord, Timeline } from './audio/timeline.js';
export type { WavEncoding } from './audio/wav.js';
export type { Backend, BackendMemory, BackendOptions, BackendPlugin } from './backends/backend.js';
export { CompositeOps } from './backends/composite.js';
export type * from './backends/ops.js';
export { backendNames, registerBackend } from './backends/registry.js';
export {
  type Quality,
  type SampleRate,
  SynthesisConfig,
  type SynthesisConfigInput,
  type SynthesisSettings,
} from './config.js';
export { VoirsError, type VoirsErrorCode } from './errors.js';
export type * from './frontend/utterance.js';
export { Arena, type ArenaOptions, type ArenaStats } from './memory/arena.js';
export type { InputForm, PrepareOptions, RenderOptions, SynthesisOptions } from './options.js';
export { type PipelineOptions, VoirsPipeline } from './pipeline.js';
export type { VoiceInfo } from './voice-catalog.js';
