// The end of the walk: the voice's own samples -> those given out, at another sample rate and then limited, so that the
// ceiling holds at the rate given out. Whole or chunk by chunk the samples are the same.
import { AudioBuffer } from '../audio/audio-buffer.js';
import { PeakLimiter } from '../audio/limiter.js';
import { Resampler } from '../audio/resample.js';
import type { TimedMark, TimedWord, Timeline } from '../audio/timeline.js';
import type { Arena, Lease } from '../memory/arena.js';
import type { Engine } from './engine.js';

/** One buffer at the voice's rate -> the caller's form; the buffer given is used up. */
export async function outputWhole({ config, loudness }: Engine, raw: AudioBuffer): Promise<AudioBuffer> {
  const audio = await wholeAtRate(raw, config.sampleRate);
  return loudness ? wholeLimited(audio) : audio;
}

/** The same chunk by chunk, with the same samples. */
export function outputChunks(
  { config, manifest, loudness, arena }: Engine,
  chunks: AsyncGenerator<AudioBuffer, void, undefined>,
): AsyncGenerator<AudioBuffer, void, undefined> {
  const [from, to] = [manifest.sampleRate, config.sampleRate];
  const converted = from === to ? chunks : chunksAtRate(chunks, from, to, arena);
  return loudness ? chunksLimited(converted, to, arena) : converted;
}

/** The buffer at `rate`; the one given is disposed unless it is the same. */
async function wholeAtRate(audio: AudioBuffer, rate: number): Promise<AudioBuffer> {
  if (audio.sampleRate === rate) return audio;
  try {
    return await audio.resample(rate);
  } finally {
    audio.dispose();
  }
}

/**
 * The chunks at `rate`, each with the words and marks that begin in it. The filter needs 25-70 ms of what follows, so
 * a chunk comes out that much shorter and the next one longer.
 */
async function* chunksAtRate(
  chunks: AsyncGenerator<AudioBuffer, void, undefined>,
  from: number,
  rate: number,
  arena: Arena,
): AsyncGenerator<AudioBuffer, void, undefined> {
  using resampler = await Resampler.create(from, rate);
  const stream = resampler.stream();
  const times = new ChunkTimes(rate);
  const chunkOf = (samples: Float32Array, isLast: boolean): AudioBuffer => {
    const lease = arena.lease(samples.length);
    lease.samples.set(samples);
    return times.chunk(lease, { isLast });
  };
  for await (const chunk of chunks) {
    let samples: Float32Array;
    try {
      times.add(chunk.timeline);
      samples = stream.push(chunk.samples);
    } finally {
      chunk.dispose();
    }
    if (samples.length > 0) yield chunkOf(samples, false);
  }
  const rest = stream.end();
  if (rest.length > 0) yield chunkOf(rest, true);
}

/** The buffer itself, limited in place. */
function wholeLimited(audio: AudioBuffer): AudioBuffer {
  const limiter = new PeakLimiter(audio.sampleRate);
  const { samples } = audio;
  limiter.end(samples.subarray(limiter.push(samples, samples)));
  return audio;
}

/** The chunks, limited; 5 to 7 ms of each come with the next. */
async function* chunksLimited(
  chunks: AsyncGenerator<AudioBuffer, void, undefined>,
  rate: number,
  arena: Arena,
): AsyncGenerator<AudioBuffer, void, undefined> {
  const limiter = new PeakLimiter(rate);
  const times = new ChunkTimes(rate);
  for await (using chunk of chunks) {
    times.add(chunk.timeline);
    // In place: what comes out is never longer than what went in, so a stream leases one chunk at a time.
    const length = limiter.push(chunk.samples, chunk.samples);
    if (length === 0) continue;
    const { timeline, start } = times.next(length);
    const limited = chunk.opening(length, timeline, start);
    chunk.dispose();
    yield limited;
  }
  if (limiter.rest === 0) return;
  const lease = arena.lease(limiter.rest);
  limiter.end(lease.samples);
  yield times.chunk(lease, { isLast: true });
}

/**
 * Keeps the times of a mono stream between the chunks that come in and those that go out, which are cut anew because a
 * filter holds samples back: each gets its start time and the words and marks that begin in it.
 */
class ChunkTimes {
  private readonly words: TimedWord[] = [];
  private readonly marks: TimedMark[] = [];
  private at = 0;

  constructor(private readonly rate: number) {}

  /** Times of a chunk that came in. */
  add({ words, marks }: Timeline): void {
    this.words.push(...words);
    this.marks.push(...marks);
  }

  /** Times and start of the next `length` samples to go out; the last have all that is left. */
  next(length: number, { isLast = false } = {}): { timeline: Timeline; start: number } {
    const start = this.at / this.rate;
    this.at += length;
    const end = isLast ? Number.POSITIVE_INFINITY : this.at / this.rate;
    const timeline = {
      words: take(this.words, (word) => word.start < end),
      marks: take(this.marks, (mark) => mark.time < end),
    };
    return { timeline, start };
  }

  /** The next chunk to go out, of samples leased for it. */
  chunk(lease: Lease, { isLast = false } = {}): AudioBuffer {
    const { timeline, start } = this.next(lease.samples.length, { isLast });
    return new AudioBuffer(lease, this.rate, timeline, 1, start);
  }
}

/** Removes and returns the items at the front that pass. */
function take<T>(items: T[], passes: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !passes(item));
  return items.splice(0, end < 0 ? items.length : end);
}
