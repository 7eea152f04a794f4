// The public surface of voirs; nothing else is public.
import './host/disposal.js';

export { type AudioAnalysis, analyzeAudio, type SilenceRegion } from './audio/analyze.js';
export { AudioBuffer, type AudioFormat, type SaveOptions } from './audio/audio-buffer.js';
export type { FadeCurve, LoadOptions, MixOptions, TrimOptions } from './audio/operations.js';
export type { TimedMark, TimedPhone, TimedWord, Timeline } from './audio/timeline.js';
export type { WavEncoding } from './audio/wav.js';
export type { Backend, BackendMemory, BackendOptions, BackendPlugin } from './backends/backend.js';
export type * from './backends/ops.js';
export { CompositeOps } from './backends/reference.js';
export { backendNames, backendPlugin, registerBackend } from './backends/registry.js';
export type {
  InputForm,
  PipelineOptions,
  PrepareOptions,
  RenderOptions,
  SynthesisOptions,
} from './config.js';
export {
  type Quality,
  type SampleRate,
  SynthesisConfig,
  type SynthesisConfigInput,
  type SynthesisSettings,
} from './config.js';
export { VoirsError, type VoirsErrorCode } from './errors.js';
export type * from './frontend/utterance.js';
export { setAssetBase } from './host/assets.js';
export type { ProcessMemory, RuntimeMemory } from './host/contract.js';
export { Arena, type ArenaOptions, type ArenaStats } from './memory/arena.js';
export type { EventStreamOptions, Listener } from './memory/listeners.js';
export {
  type MemoryMonitor,
  type MemorySummary,
  memoryEvents,
  memoryMonitor,
  monitorMemory,
} from './memory/monitor.js';
export type { MemoryReport } from './memory/report.js';
export {
  AdaptiveMemoryTTS,
  createMemoryEfficientConfig,
  type MemoryPreset,
  memoryPreset,
} from './patterns/adaptive-tts.js';
export { LeakDetector, type LeakReport, type Survivor } from './patterns/leak-detector.js';
export {
  type BatchOptions,
  type BatchProgress,
  batchSynthesize,
  managedPipeline,
  OptimizedTTS,
  type StreamingOptions,
  streamingSynthesize,
} from './patterns/many-texts.js';
export { type OptimizedAudio, optimizeAudioFormat } from './patterns/optimize-format.js';
export { createPipelinePool, type PipelinePool } from './patterns/pool.js';
export { ProductionTTS } from './patterns/production-tts.js';
export { type MemoryProfile, profileMemoryUsage } from './patterns/profile.js';
export { VoirsPipeline } from './pipeline.js';
export type { MemoryEvent, SynthesisMetrics } from './synthesis/memory-events.js';
export type { VoiceInfo } from './voices/catalog.js';
