// What the walk asks of its two models, so that another architecture is one file beside these and one line in the table
// of voices/model-types.ts; CONTRIBUTING.md, "Adding a model".
//
// B batch (1), N tokens, T mel frames, C channels, S samples.
import type { Tensor3D } from '#tf';
import type { Backend } from '../backends/backend.js';
import type { RowRange, WeightForm } from '../backends/ops.js';
import type { JsonReader } from '../checkpoints/json-reader.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import { VoirsError } from '../errors.js';
import type { Declaration } from './layers.js';

/** One number of each kind per token. */
export interface TokenProsody {
  /** [N] ln(frames + 1) as predicted. */
  logDurations: Float32Array;
  /** [N] frames. */
  durations: Int32Array;
  /** [N] z-scores of log F0. */
  pitch: Float32Array;
  /** [N] z-scores of log energy. */
  energy: Float32Array;
  /** [N] z-scores that log F0 rises by within each token, about its pitch; absent: 0. */
  glide?: Float32Array;
  /** The model speaks with its own pitch and energy, of which it knows nothing: both are 0 and cannot be edited. */
  isFixed?: true;
}

/** A sentence after the encoder: predictions on the host, hidden states on the backend. The caller disposes it. */
export interface EncodedSentence {
  readonly predicted: TokenProsody;
  /** h [1, N, C]: encoder output plus speaker. */
  readonly hidden: Tensor3D;
  dispose(): void;
}

/** Frames of mel on the host. */
export interface DecodedFrames {
  frames: number;
  /** [T, bands] natural-log mel, row-major. */
  mel: Float32Array;
  /** [T] z-scores of log F0. */
  logF0: Float32Array;
}

/** Tokens -> durations, pitch and energy per token -> mel and log F0 per frame. */
export interface AcousticModel {
  readonly bands: number;
  /** Frames on either side that a frame of mel depends on; Infinity where every frame depends on all others. */
  readonly contextFrames: number;
  /** Most values per frame that are alive together in `decode`. */
  readonly valuesPerFrame: number;
  /** Bytes of weights that the backend holds for it. */
  readonly weightBytes: number;
  /** Whether pitch and energy cannot be edited ({@link TokenProsody.isFixed}). */
  readonly isFixed?: boolean;
  /** False where it tells no F0 and `logF0` is 0 throughout; default true. */
  readonly tellsF0?: boolean;
  /**
   * tokens [N] -> hidden states and the predictions per token, with durations at rate 1.
   * @throws VoirsError INVALID_OPTIONS for a token or speaker that the model does not have.
   */
  encode(tokens: Int32Array, speaker: number): Promise<EncodedSentence>;
  /**
   * Hidden states and the numbers to speak them with -> mel and log F0 of the frames [from, to); of all by default.
   * @throws VoirsError SYNTHESIS_FAILED when all durations are 0.
   */
  decode(encoded: EncodedSentence, prosody: TokenProsody, range?: RowRange): Promise<DecodedFrames>;
  dispose(): void;
}

/** @throws VoirsError SYNTHESIS_FAILED for a sentence without frames, which no model can speak. */
export function throwWithoutFrames(frames: number): void {
  if (frames > 0) return;
  throw new VoirsError('SYNTHESIS_FAILED', 'Every token of the sentence has duration 0', {
    wanted: 'at least one frame',
    suggestion: 'Lower the rate, or give a token a duration',
  });
}

/** What drives a source-driven vocoder: any stretch of it, made alone, is the same. */
export interface VocoderSource {
  /** Frames [from, to) as rows [(to - from) hop, 2] of pulse and noise, in `into` where it is given. */
  rows(from: number, to: number, into?: Float32Array): Float32Array;
}

/** One utterance as a vocoder takes it. */
export interface VocoderInput {
  /** [T, bands], row-major; only frames that {@link Vocoder.reads} names are read. */
  mel: Float32Array;
  /** T of the whole utterance. */
  frames: number;
  /** Undefined for a vocoder that takes mel alone. */
  source: VocoderSource | undefined;
  /** Who speaks; only a vocoder with speakers of its own asks. Default: its first. */
  readonly speaker?: { readonly index: number };
}

/** Mel (and source) -> samples, in stretches that join without a seam. */
export interface Vocoder {
  readonly bands: number;
  /** Samples per mel frame. */
  readonly hop: number;
  /** Hz, where the model says. */
  readonly sampleRate: number | undefined;
  /** Mel frames on either side that reach a sample. */
  readonly contextFrames: number;
  /** Most values of one tensor per mel frame. */
  readonly valuesPerFrame: number;
  readonly weightBytes: number;
  /** Whether it is driven by F0 besides the mel. */
  readonly isDriven: boolean;
  /** @param hz [T] F0, > 0. It may be filled as far as {@link Vocoder.reads} says, and further before the next call. */
  source(hz: Float64Array): VocoderSource;
  /** The frames of mel and F0 that the samples of frames [from, to) depend on, in an utterance of `frames`. */
  reads(range: RowRange, frames: number): RowRange;
  /** Writes the samples of frames [from, to) into `out` [(to - from) hop]. */
  vocode(input: VocoderInput, range: RowRange, out: Float32Array): Promise<void>;
  dispose(): void;
}

/** What a voice says about its models as a whole. */
export interface VoiceShape {
  /** Tokens of the vocabulary. */
  tokens: number;
  /** Rows of the speaker embedding that its speakers need. */
  speakers: number;
  bands: number;
  /** Samples per frame of its mels. */
  hop: number;
  sampleRate: number;
}

/** A model as its manifest describes it, before its weights are read. */
export interface ModelDescription<Model> {
  /** Sizes and options, checked. */
  readonly config: object;
  /** The tensors and convolutions that the model is made of. */
  declaration(): Declaration;
  /**
   * @param source name of the file, for messages.
   * @throws VoirsError INVALID_WEIGHTS listing tensors that are missing, misshapen or unknown.
   */
  load(
    backend: Backend,
    tensors: ReadonlyMap<string, HostTensor>,
    source: string,
    weights?: WeightForm,
  ): Model;
}

/** An architecture: what stands under its `type` in a manifest. */
export interface ModelType<Model> {
  readonly type: string;
  /** @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
  read(entry: JsonReader, voice: VoiceShape): ModelDescription<Model>;
}
