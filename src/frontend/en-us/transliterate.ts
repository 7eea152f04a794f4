// Letters of other alphabets: in Latin letters, so that names and words can be read, or by the name of their
// script.
import data from './data/transliteration.json' with { type: 'json' };

const LETTERS = new Map<string, string>(Object.entries(data.letters));
const SCRIPTS = Object.entries(data.scripts).map(([script, name]): [RegExp, string] => [
  new RegExp(`^\\p{Script=${script}}$`, 'u'),
  name,
]);

function lettersOf(character: string): string | undefined {
  const small = character.toLowerCase();
  return LETTERS.get(small) ?? LETTERS.get(small.normalize('NFD').replace(/\p{M}/gu, ''));
}

/** The letter, or the pair of Greek letters, at `at` in Latin letters; undefined where there is no table. */
export function transliterate(source: string, at: number): { text: string; end: number } | undefined {
  const first = String.fromCodePoint(source.codePointAt(at)!);
  const bare = (character: string) =>
    character
      .toLowerCase()
      .normalize('NFD')
      .replace(/[\u0300\u0301\u0313\u0314\u0342\u0345]/g, '');
  const second = source[at + 1] ?? '';
  const pair = /\u0308/.test(second.normalize('NFD')) ? undefined : LETTERS.get(bare(first) + bare(second));
  const text = (second === '' ? undefined : pair) ?? lettersOf(first);
  if (text === undefined) return undefined;
  const end = at + first.length + (second !== '' && pair !== undefined ? 1 : 0);
  if (first === first.toLowerCase()) return { text, end };
  const next = source[end] ?? source[at - 1] ?? '';
  const isShouted = next !== next.toLowerCase();
  return { text: isShouted ? text.toUpperCase() : text.slice(0, 1).toUpperCase() + text.slice(1), end };
}

/** "chinese characters": what a run of letters is called that cannot be read. */
export function scriptName(source: string, at: number): string {
  const character = String.fromCodePoint(source.codePointAt(at)!);
  const name = SCRIPTS.find(([script]) => script.test(character))?.[1] ?? 'foreign letter';
  const next = source[at + character.length] ?? '';
  return /[\p{L}\p{M}\uD800-\uDFFF]/u.test(next) ? `${name}s` : name;
}
