// How letters are named, for initialisms, spelled words and words that no mouth could speak otherwise.
import table from './letters.json' with { type: 'json' };

const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(table).map(([letter, phones]) => [letter, phones.split(' ')]),
);

/** The phones of every letter's name, in order; other characters are left out. */
export function letterNames(text: string): string[] {
  return [...text.toLowerCase()].flatMap((letter) => NAMES.get(letter) ?? []);
}
