// Mel -> samples by a vocoder alone, in chunks: what a sentence, the command line and a vocoder taken by itself share.
import type { RowRange } from '../backends/ops.js';
import { VoirsError } from '../errors.js';
import { chunkPlan } from '../models/chunk-plan.js';
import type { Vocoder, VocoderInput } from '../models/model.js';

/** Runs one step on the backend's queue. */
export type Job = (work: () => Promise<void>) => Promise<void>;

/** Fewest frames that are tried in two halves when they do not fit. */
const LEAST_DIVIDED = 16;

/** The chunks are planned to fit the limit; what the system refuses nevertheless is tried again in halves. */
export async function vocodeWhatFits(
  job: Job,
  vocoder: Vocoder,
  input: VocoderInput,
  { from, to }: RowRange,
  out: Float32Array,
): Promise<void> {
  try {
    await job(() => vocoder.vocode(input, { from, to }, out));
  } catch (error) {
    const isTooLarge = error instanceof VoirsError && error.code === 'MEMORY_ERROR';
    if (!isTooLarge || to - from < LEAST_DIVIDED) throw error;
    const middle = (from + to) >> 1;
    const samples = (middle - from) * vocoder.hop;
    await vocodeWhatFits(job, vocoder, input, { from, to: middle }, out.subarray(0, samples));
    await vocodeWhatFits(job, vocoder, input, { from: middle, to }, out.subarray(samples));
  }
}

/** Chunks of `frames` frames, at most `most` each, with their part of `samples` [frames hop]. */
export function chunksOf(
  hop: number,
  frames: number,
  most: number,
  samples: Float32Array,
): (RowRange & { out: Float32Array })[] {
  return chunkPlan(frames, most, most).map(({ from, to }) => ({
    ...{ from, to },
    out: samples.subarray(from * hop, to * hop),
  }));
}

/**
 * All frames of an utterance into `out` [T hop], at most `most` at a time.
 * @param onDone is told the share that is done.
 */
export async function vocodeAll(
  job: Job,
  vocoder: Vocoder,
  input: VocoderInput,
  most: number,
  out: Float32Array,
  onDone?: (share: number) => void,
): Promise<void> {
  for (const { from, to, out: part } of chunksOf(vocoder.hop, input.frames, most, out)) {
    await vocodeWhatFits(job, vocoder, input, { from, to }, part);
    onDone?.(to / input.frames);
  }
}

/**
 * F0 for a source [T], checked.
 * @param name of it, for the message.
 * @throws VoirsError INVALID_OPTIONS unless there is one of 1 Hz to half the sample rate for each frame.
 */
export function checkedF0(
  f0: ArrayLike<number>,
  frames: number,
  sampleRate: number,
  name = 'f0',
): Float64Array {
  const wanted = `[${frames}] of 1 to ${sampleRate / 2} Hz`;
  if (f0.length !== frames)
    throw new VoirsError('INVALID_OPTIONS', `${name} does not fit the mel`, {
      got: `[${f0.length}]`,
      wanted,
    });
  const hz = f0 instanceof Float64Array ? f0 : Float64Array.from(f0);
  const wrong = hz.findIndex((f) => !(f >= 1 && f <= sampleRate / 2));
  if (wrong === -1) return hz;
  throw new VoirsError('INVALID_OPTIONS', `${name} of frame ${wrong} is out of range`, {
    got: `${hz[wrong]} Hz`,
    wanted,
    suggestion: 'Give unvoiced frames the pitch of their neighbours: the mel says how voiced they are',
  });
}
