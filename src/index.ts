// The public surface of voirs; nothing else is public.
import './host/disposal.js';

export { type AudioAnalysis, analyzeAudio, type SilenceRegion } from './audio/analyze.js';
export { AudioBuffer, type AudioFormat, type SaveOptions } from './audio/audio-buffer.js';
export type { LoadOptions, MixOptions, TrimOptions } from './audio/audio-options.js';
export type { FadeCurve } from './audio/curves.js';
export { type OptimizedAudio, optimizeAudioFormat } from './audio/optimize.js';
export type { TimedMark, TimedPhone, TimedWord, Timeline } from './audio/timeline.js';
export type { WavEncoding } from './audio/wav.js';
export type { Backend, BackendMemory, BackendOptions, BackendPlugin } from './backends/backend.js';
export { CompositeOps } from './backends/composite.js';
export type * from './backends/ops.js';
export { backendNames, backendPlugin, registerBackend } from './backends/registry.js';
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
export type { PipelineOptions } from './loading.js';
export { Arena, type ArenaOptions, type ArenaStats } from './memory/arena.js';
export { LeakDetector, type LeakReport, type Survivor } from './memory/leak-detector.js';
export type { EventStreamOptions, Listener } from './memory/listeners.js';
export {
  type MemoryMonitor,
  type MemorySummary,
  memoryEvents,
  memoryMonitor,
  monitorMemory,
} from './memory/monitor.js';
export type { MemoryReport } from './memory/report.js';
export type { MemoryEvent } from './memory-events.js';
export { type MemoryProfile, profileMemoryUsage } from './memory-profile.js';
export type { SynthesisMetrics } from './metrics.js';
export type { InputForm, PrepareOptions, RenderOptions, SynthesisOptions } from './options.js';
export { VoirsPipeline } from './pipeline.js';
export { AdaptiveMemoryTTS } from './services/adaptive-tts.js';
export { type BatchOptions, type BatchProgress, batchSynthesize } from './services/batch.js';
export { managedPipeline } from './services/managed-pipeline.js';
export { createMemoryEfficientConfig, type MemoryPreset, memoryPreset } from './services/memory-configs.js';
export { OptimizedTTS } from './services/optimized-tts.js';
export { createPipelinePool, type PipelinePool } from './services/pipeline-pool.js';
export { ProductionTTS } from './services/production-tts.js';
export { type StreamingOptions, streamingSynthesize } from './services/streaming.js';
export type { VoiceInfo } from './voice-catalog.js';
