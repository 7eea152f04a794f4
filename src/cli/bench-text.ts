// Texts of a wanted length for benchmarks, picked by seeded random numbers: the same for the same seed.
import sentences from './bench-sentences.json' with { type: 'json' };

/** Approximate speed of the shipped voices; the reports state the measured length of the audio. */
const CHARACTERS_PER_SECOND = 14;

/** Sentences that take about `seconds` to speak; at least one. */
export function benchText(seconds: number, seed: number): string {
  const next = seededRandom(seed);
  let room = seconds * CHARACTERS_PER_SECOND;
  const picked: string[] = [];
  for (;;) {
    const fitting = sentences.filter((sentence) => sentence.length <= room);
    if (fitting.length === 0) break;
    const sentence = fitting[Math.floor(next() * fitting.length)]!;
    picked.push(sentence);
    room -= sentence.length + 1;
  }
  return picked.length > 0 ? picked.join(' ') : sentences[0]!;
}

/** Mulberry32: uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
