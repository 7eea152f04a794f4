// The last step of the walk when the caller wants another sample rate than the voice's: whole or chunk by chunk, the
// same samples either way.
import type { AudioBuffer } from './audio/audio-buffer.js';
import { Resampler } from './audio/resample.js';
import { ChunkTimes } from './chunk-times.js';
import type { Arena } from './memory/arena.js';

/** The buffer at `rate`; the one given is disposed unless it is the same. */
export async function wholeAtRate(audio: AudioBuffer, rate: number): Promise<AudioBuffer> {
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
export async function* chunksAtRate(
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
