// Texts of two to four words, all different, the same for the same seed, for both engines of the soak.
import { readFileSync } from 'node:fs';

const dist = new URL('../../../dist/', import.meta.url);
const { seededRandom } = await import(new URL('cli/bench-text.js', dist).href);
const sentences = JSON.parse(readFileSync(new URL('cli/bench-sentences.json', dist), 'utf8'));
const words = sentences.flatMap((sentence) => sentence.replace(/[^A-Za-z' ]/g, '').split(' '));

/** Text after text. */
export function* shortTexts(seed) {
  const random = seededRandom(seed);
  for (;;) {
    const count = 2 + Math.floor(3 * random());
    const picked = Array.from({ length: count }, () => words[Math.floor(words.length * random())]);
    yield `${picked.join(' ')}.`;
  }
}
