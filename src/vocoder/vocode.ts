// Mel -> samples in chunks: each is given the context its receptive field needs and cropped, so that the joined
// audio is what one run over the whole utterance gives (1e-6), in bounded memory, a chunk at a time.
import type { Excitation } from './excitation.js';
import type { Generator } from './generator.js';

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
 * Chunks of growing size: the first small, so that sound starts early, each next twice as long up to `most`.
 * A rest shorter than half a chunk joins the last one.
 */
export function chunkPlan(frames: number, first: number, most: number): FrameRange[] {
  const plan: FrameRange[] = [];
  let size = Math.min(first, most);
  let from = 0;
  while (from < frames) {
    const to = frames - from < size * 1.5 ? frames : from + size;
    plan.push({ from, to });
    from = to;
    size = Math.min(size * 2, most);
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
  const { hop, config } = generator;
  const context = generator.contextFrames;
  const first = Math.max(0, from - context); // zero-padding at the true ends of the utterance only
  const last = Math.min(input.frames, to + context);
  const mel = input.mel.slice(first * config.bands, last * config.bands);
  const source = config.source ? input.excitation?.rows(first, last) : undefined;
  const samples = generator.run(mel, source);
  try {
    await generator.backend.read(samples, out, (from - first) * hop);
  } finally {
    samples.dispose();
  }
}
