// Texts of a wanted length for voirs bench: the same for the same seed, everywhere.
import sentences from './bench-sentences.json' with { type: 'json' };
import { seededRandom } from './seeded-random.js';

/** Characters that our voices speak in a second, roughly: texts are of about the wanted length, and measured. */
const CHARACTERS_PER_SECOND = 14;

/** Sentences that take about so many seconds to speak. */
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
