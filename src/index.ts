// The public surface of voirs; nothing else is public.
import './host/disposal.js';

export {
  type AnalyzeOptions,
  type AudioAnalysis,
  analyzeAudio,
  type SilenceRegion,
} from './audio/analyze.js';
export { AudioBuffer, AudioBuffer as VoirsAudio } from './audio/audio-buffer.js';
export {
  type CaptionCue,
  type CaptionOptions,
  type CaptionWord,
  captionCues,
} from './audio/caption-cues.js';
export {
  CAPTION_FORMATS,
  type CaptionFormat,
  captions,
  toJson,
  toLrc,
  toSrt,
  toTextGrid,
  toTtml,
  toVtt,
  VttStream,
} from './audio/captions.js';
export { estimateF0, type F0Contour, type F0Options } from './audio/f0.js';
export { encodeFile } from './audio/formats/encode-file.js';
export {
  type AudioChunk,
  type AudioChunks,
  encodeStream,
  toNodeStream,
  toReadableStream,
} from './audio/formats/encode-stream.js';
export {
  AUDIO_FORMATS,
  type AudioChapter,
  type AudioCover,
  type AudioFormat,
  type AudioMetadata,
  type EncodeOptions,
  type SaveOptions,
} from './audio/formats/format.js';
export { type OptionalFormat, requireEncoder, useEncoder } from './audio/formats/optional-encoders.js';
export { type GriffinLimOptions, griffinLim } from './audio/griffin-lim.js';
export { type ArrayView, Mel, type MelInput } from './audio/mel.js';
export { HIFIGAN_MEL, LIBROSA_MEL, type MelForm } from './audio/mel-form.js';
export type { MelBands, MelScale } from './audio/mel-scale.js';
export { melSpectrogram } from './audio/mel-spectrogram.js';
export type {
  AppendOptions,
  FadeCurve,
  LoadOptions,
  MixOptions,
  PeakTarget,
  TrimOptions,
} from './audio/operations.js';
export { useResampler } from './audio/resampler-library.js';
export type { TimedMark, TimedPhone, TimedWord, Timeline } from './audio/timeline.js';
export type { FileBytes, WavEncoding } from './audio/wav.js';
export type { Backend, BackendMemory, BackendOptions, BackendPlugin } from './backends/backend.js';
export type { EngineQueue } from './backends/engine.js';
export type { BackendInfo } from './backends/info.js';
export type * from './backends/ops.js';
export { CompositeOps, type LeakyForm } from './backends/reference.js';
export { backendNames, backendPlugin, registerBackend } from './backends/registry.js';
export { tf } from './backends/tensors.js';
export type { JsonReader, NumberBounds } from './checkpoints/json-reader.js';
export type { Float32Tensor } from './checkpoints/tensor.js';
export {
  type CreateOptions,
  type Emoji,
  type InputForm,
  type Intonation,
  type LeaveOut,
  type Lexicon,
  type LoadProgress,
  type MelOptions,
  type NumberOptions,
  type PauseOptions,
  type PipelineOptions,
  type PrepareOptions,
  type Quality,
  type RenderOptions,
  type SampleRate,
  SynthesisConfig,
  type SynthesisConfigInput,
  type SynthesisOptions,
  type SynthesisSettings,
  type Unsupported,
} from './config.js';
export { nearestName, VoirsError, type VoirsErrorCode, type VoirsErrorDetails } from './errors.js';
export { decodeText } from './frontend/decode-text.js';
export { readableText } from './frontend/readable-text.js';
export { TextStream, textStream } from './frontend/text-queue.js';
export type * from './frontend/utterance.js';
export { clearAssetCache, setAssetBase } from './host/assets.js';
export type { NodeStream, ProcessMemory, RuntimeMemory } from './host/contract.js';
export type { LogLevel } from './log.js';
export { Arena, type ArenaOptions, type ArenaStats, type Lease } from './memory/arena.js';
export type { EventStreamOptions, Listener } from './memory/listeners.js';
export {
  type MemoryMonitor,
  type MemoryMonitorOptions,
  type MemorySummary,
  type MonitorEvent,
  type MonitorEventsOptions,
  memoryEvents,
  memoryMonitor,
  monitorMemory,
} from './memory/monitor.js';
export type { ContainerMemory, SystemMemory } from './memory/readings.js';
export type {
  ConfigurationMemory,
  MemoryReport,
  ModelCacheMemory,
  ResultCacheStats,
} from './memory/report.js';
export type {
  ConvForm,
  ConvShape,
  DepthwiseLayer,
  LayerReader,
  LoadedLayers,
  MakeModel,
  TensorLayer,
} from './models/layers.js';
export type {
  AcousticModel,
  DecodedFrames,
  EncodedSentence,
  TokenProsody,
  Vocoder,
  VocoderInput,
  VocoderSource,
  VoiceShape,
} from './models/model.js';
export {
  type AcousticMelOptions,
  type AcousticOptions,
  type LoadedAcoustic,
  loadAcoustic,
} from './parts/acoustic.js';
export type { EditableTensor, LoadedPart, PartOptions } from './parts/part.js';
export { type LoadedVocoder, loadVocoder, type VocodeOptions, type VocoderOptions } from './parts/vocoder.js';
export {
  type AdaptiveMemoryOptions,
  AdaptiveMemoryTTS,
  createMemoryEfficientConfig,
  type MemoryPreset,
  memoryPreset,
  type PressureLevel,
} from './patterns/adaptive-tts.js';
export { LeakDetector, type LeakReport, type Survivor, type TrackOptions } from './patterns/leak-detector.js';
export {
  type BatchOptions,
  type BatchProgress,
  batchSynthesize,
  managedPipeline,
  OptimizedTTS,
  type OptimizedTTSOptions,
  type StreamingOptions,
  streamingSynthesize,
} from './patterns/many-texts.js';
export { type FormatChange, type OptimizedAudio, optimizeAudioFormat } from './patterns/optimize-format.js';
export {
  createPipelinePool,
  type PipelinePool,
  type PipelinePoolOptions,
  type PoolLease,
  type PoolOptions,
  type PoolStats,
  type PoolWarning,
} from './patterns/pool.js';
export {
  type ProductionEvent,
  type ProductionMode,
  type ProductionOptions,
  ProductionTTS,
} from './patterns/production-tts.js';
export {
  type AllocationProfile,
  type AllocationSite,
  type MemoryProfile,
  type MemoryProfileOptions,
  type OperationUse,
  profileMemoryUsage,
} from './patterns/profile.js';
export type { Reusable, Speaker, SpeakerFactory, SpeakerSource } from './patterns/speaker.js';
export { VoirsPipeline } from './pipeline.js';
export type {
  MemoryEvent,
  MemoryHappening,
  SynthesisMetrics,
} from './synthesis/memory-events.js';
export type { MelSentence, SpokenMel, SpokenMelViews } from './synthesis/spoken-mel.js';
export { shippedVoices, type VoiceInfo } from './voices/catalog.js';
export type { Speaker as VoiceSpeaker, Statistics } from './voices/manifest.js';
export type { ModelKind } from './voices/model-types.js';
export { type ModelFactory, type ModelOf, registerModel } from './voices/register-model.js';
export type { WorkerLike } from './worker/ports.js';
export { serveWorkerPipeline } from './worker/serve.js';
export {
  createWorkerPipeline,
  WorkerPipeline,
  type WorkerPipelineOptions,
} from './worker/worker-pipeline.js';
