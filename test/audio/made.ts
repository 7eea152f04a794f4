// Audio for tests: tones, noise and buffers with word times, leased in an arena that the test can look at.
import * as assert from 'uvu/assert';
import { AudioBuffer } from '../../src/audio/audio-buffer.js';
import type { Timeline } from '../../src/audio/timeline.js';
import type { Arena } from '../../src/memory/arena.js';

export const RATE = 8000;

/** A sine of amplitude 0.5. */
export function tone(hz: number, seconds: number, rate = RATE): Float32Array {
  return Float32Array.from(
    { length: Math.round(seconds * rate) },
    (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / rate),
  );
}

/** Words of one phone each, [start, end) in seconds. */
export function wordsAt(...times: [text: string, start: number, end: number][]): Timeline {
  const words = times.map(([text, start, end]) => ({
    text,
    span: [0, text.length] as [number, number],
    start,
    end,
    phones: [{ phone: 'AH0', start, end }],
    provenance: 'lexicon' as const,
  }));
  return { words, marks: [] };
}

/** A buffer of these samples, interleaved where there are two channels. */
export function bufferOf(
  arena: Arena,
  samples: ArrayLike<number>,
  { rate = RATE, channels = 1, timeline = wordsAt(), startTime = 0 } = {},
): AudioBuffer {
  const lease = arena.lease(samples.length);
  lease.samples.set(samples);
  return new AudioBuffer(lease, rate, timeline, channels, startTime);
}

/**
 * A test that also fails when it leaves more leases than it found: a buffer was not disposed, or an operation
 * leased in vain. No after.each hook: one that throws ends uvu with exit code 0.
 */
export function leavingNoLease(arena: Arena, run: () => void | Promise<void>): () => Promise<void> {
  return async () => {
    const { leases } = arena.stats();
    await run();
    assert.is(arena.stats().leases, leases, 'leases are left');
  };
}
