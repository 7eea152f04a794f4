// The end of the walk with post-processing on: no peak above the ceiling at the rate that is given out, whole or
// chunk by chunk with the same samples.
import type { AudioBuffer } from './audio/audio-buffer.js';
import { PeakLimiter } from './audio/limiter.js';
import { ChunkTimes } from './chunk-times.js';
import type { Arena } from './memory/arena.js';

/** The buffer itself, limited in place. */
export function wholeLimited(audio: AudioBuffer): AudioBuffer {
  const limiter = new PeakLimiter(audio.sampleRate);
  const { samples } = audio;
  limiter.end(samples.subarray(limiter.push(samples, samples)));
  return audio;
}

/** The chunks, limited; 5 to 7 ms of each come with the next. */
export async function* chunksLimited(
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
