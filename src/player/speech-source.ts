// What a player plays: the chunks of a stream, of the engine or of anything with the same few fields.
import type { TimedWord } from '../audio/timeline.js';

/** Some speech: an `AudioBuffer` of voirs is one. */
export interface SpeechChunk {
  /** [S] or interleaved [S, channels]; the player copies them. */
  readonly samples: Float32Array;
  /** Hz; the same for all chunks of a source. */
  readonly sampleRate: number;
  /** Default 1; of two channels the player plays the mean. */
  readonly channels?: number | undefined;
  /** Words that begin in the chunk, in seconds from the start of the source. */
  readonly timeline?: { readonly words: readonly TimedWord[] } | undefined;
  /** Called once the samples are copied. */
  dispose?(): void;
}

/** Chunks in order: what `pipeline.stream` gives, or an array with the result of `pipeline.synthesize`. */
export type SpeechSource = AsyncIterable<SpeechChunk> | Iterable<SpeechChunk>;

/** A copy of a chunk's samples in one channel, which can be given to another thread. */
export function monoCopy({ samples, channels = 1 }: SpeechChunk): Float32Array<ArrayBuffer> {
  if (channels === 1) return new Float32Array(samples);
  const mono = new Float32Array(samples.length / channels);
  for (let i = 0; i < mono.length; i++) {
    for (let c = 0; c < channels; c++) mono[i]! += samples[i * channels + c]! / channels;
  }
  return mono;
}
