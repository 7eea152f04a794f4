// Mel -> samples in chunks: each is given the context its receptive field needs and cropped, so that the joined
// audio is what one run over the whole utterance gives (1e-6), in bounded memory, a chunk at a time.

import type { Generator } from './hifigan.js';
import type { Excitation } from './hifigan-source.js';

/** What a source-driven vocoder is driven by: the model's own excitation, or one that somebody recorded. */
export type SourceRows = Pick<Excitation, 'rows'>;

/** What is vocoded: one utterance's mel and, for a source-driven vocoder, its excitation. */
export interface VocoderInput {
  /** [T, bands], row-major. */
  mel: Float32Array;
  frames: number;
  excitation: SourceRows | undefined;
}

/** Half-open range of frames. */
export interface FrameRange {
  from: number;
  to: number;
}

/**
 * Chunks of growing size: the first small, so that sound starts early, each next twice as long, until the rest is
 * shared equally among chunks of at most `most` frames. With their context (less at the two ends) those are windows
 * of one length: a backend that lays out its work by length, as TensorFlow.js's wasm kernels do, does so once.
 */
export function chunkPlan(frames: number, first: number, most: number, context = 13): FrameRange[] {
  const plan: FrameRange[] = [];
  let from = 0;
  for (let size = first; size < most && frames - from > size * 1.5; size *= 2) {
    plan.push({ from, to: from + size });
    from += size;
  }
  const rest = frames - from;
  const starts = from === 0 ? context : 0; // a true start and the true end need no context beyond them
  const count = Math.max(1, Math.ceil((rest - starts - context) / most));
  const share = Math.max(1, Math.ceil((rest - starts - context) / count));
  for (let n = 0; n < count; n++) {
    const to = n === count - 1 ? frames : Math.min(frames, from + share + (n === 0 ? starts : 0));
    if (to > from) plan.push({ from, to });
    from = to;
  }
  return plan;
}

/** Writes the samples of frames [from, to) into `out` ((to - from) x hop samples). */
export async function vocodeRange(
  generator: Generator,
  input: VocoderInput,
  { from, to }: FrameRange,
  out: Float32Array,
): Promise<void> {
  const { bands, source: isDriven } = generator.config;
  const part = generator.rowsFor({ from, to }, input.frames);
  const { mel: melRows, source: sourceRows } = part;
  const [melFrom, melTo] = [melRows.from * bands, melRows.to * bands];
  const { copiesArrays } = generator.backend.ops;
  // Half a megabyte for each second of audio that would be garbage at once: not made anew where the backend copies it.
  const mel = copiesArrays ? input.mel.subarray(melFrom, melTo) : input.mel.slice(melFrom, melTo);
  const memory = (): Float32Array | undefined =>
    copiesArrays && generator.sourceMemory.take((sourceRows.to - sourceRows.from) * generator.hop * 2);
  const source = isDriven ? input.excitation?.rows(sourceRows.from, sourceRows.to, memory()) : undefined;
  const samples = generator.run(mel, source, part);
  try {
    await generator.backend.read(samples, out);
  } finally {
    samples.dispose();
  }
}
