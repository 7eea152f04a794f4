// The end of the walk: the voice's own samples -> those given out, at another sample rate and then limited, so that the
// ceiling holds at the rate given out. Whole or chunk by chunk the samples are the same.
import { AudioBuffer } from '../audio/audio-buffer.js';
import { PeakLimiter } from '../audio/limiter.js';
import { Resampler } from '../audio/resample.js';
import type { Arena } from '../memory/arena.js';
import { ChunkTimes } from './chunk-times.js';
import type { Engine } from './engine.js';
import type { Turns } from './turns.js';

/** One buffer at the voice's rate -> the caller's form; the buffer given is used up. */
export async function outputWhole(engine: Engine, raw: AudioBuffer, turns: Turns): Promise<AudioBuffer> {
  const audio = await wholeAtRate(engine, raw, turns);
  return engine.loudness ? wholeLimited(audio, turns) : audio;
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

/** The buffer at the caller's rate; the one given is disposed unless it is the same. */
async function wholeAtRate({ config, arena }: Engine, raw: AudioBuffer, turns: Turns): Promise<AudioBuffer> {
  const rate = config.sampleRate;
  if (raw.sampleRate === rate) return raw;
  using audio = raw;
  using resampler = await Resampler.create(audio.sampleRate, rate);
  const lease = arena.lease(resampler.outputFrames(audio.samples.length));
  try {
    await resampler.convertInTurns(audio.samples, lease.samples, () => turns.next());
    return new AudioBuffer(lease, rate, audio.timeline);
  } catch (error) {
    lease.release();
    throw error;
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

/** Samples that are limited between two looks at the clock: a millisecond's work. */
const LIMITED_AT_ONCE = 2 ** 15;

/** The buffer itself, limited in place. */
async function wholeLimited(audio: AudioBuffer, turns: Turns): Promise<AudioBuffer> {
  const limiter = new PeakLimiter(audio.sampleRate);
  const { samples } = audio;
  let done = 0;
  try {
    for (let at = 0; at < samples.length; at += LIMITED_AT_ONCE) {
      done += limiter.push(samples.subarray(at, at + LIMITED_AT_ONCE), samples.subarray(done));
      if (at + LIMITED_AT_ONCE < samples.length) await turns.next(); // a short sound keeps its place among calls
    }
  } catch (error) {
    audio.dispose();
    throw error;
  }
  limiter.end(samples.subarray(done));
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
