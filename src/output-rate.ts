// The last step of the walk when the caller wants another sample rate than the voice's: whole or chunk by chunk, the
// same samples either way.
import { AudioBuffer } from './audio/audio-buffer.js';
import { Resampler } from './audio/resample.js';
import type { TimedMark, TimedWord } from './audio/timeline.js';
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
  const words: TimedWord[] = [];
  const marks: TimedMark[] = [];
  let at = 0;
  const chunkOf = (samples: Float32Array, end: number): AudioBuffer => {
    const lease = arena.lease(samples.length);
    lease.samples.set(samples);
    const start = at / rate;
    at += samples.length;
    const begun = {
      words: take(words, (word) => word.start < end),
      marks: take(marks, (mark) => mark.time < end),
    };
    return new AudioBuffer(lease, rate, begun, 1, start);
  };
  for await (const chunk of chunks) {
    let samples: Float32Array;
    try {
      words.push(...chunk.timeline.words);
      marks.push(...chunk.timeline.marks);
      samples = stream.push(chunk.samples);
    } finally {
      chunk.dispose();
    }
    if (samples.length > 0) yield chunkOf(samples, (at + samples.length) / rate);
  }
  const rest = stream.end();
  if (rest.length > 0) yield chunkOf(rest, Number.POSITIVE_INFINITY);
}

/** Removes and returns the items at the front that pass. */
function take<T>(items: T[], passes: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !passes(item));
  return items.splice(0, end < 0 ? items.length : end);
}
