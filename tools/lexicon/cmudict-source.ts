// Reads CMUdict from its npm package into plain entries, so that every lexicon tool uses the same words.
import { dictionary } from 'cmu-pronouncing-dictionary';
import { isPhone } from '../../src/frontend/phonemes.js';

/** A word with all its pronunciations, the usual first. */
export interface DictionaryEntry {
  word: string;
  pronunciations: string[][];
}

/**
 * Every CMUdict word, sorted by character code; comments dropped, duplicates merged.
 *
 * @throws Error on an unknown phone.
 */
export function readCmudict(): DictionaryEntry[] {
  const entries = new Map<string, [rank: number, phones: string[]][]>();
  for (const [key, value] of Object.entries(dictionary)) {
    const [, word, rank] = /^(.*?)(?:\((\d+)\))?$/.exec(key)!;
    const phones = value.replace(/#.*/, '').trim().split(/\s+/);
    const wrong = phones.find((phone) => !isPhone(phone));
    if (wrong !== undefined) throw new Error(`CMUdict: ${key} has ${wrong}, which is no phone`);
    const list = entries.get(word!) ?? [];
    list.push([rank === undefined ? 1 : Number(rank), phones]);
    entries.set(word!, list);
  }
  return [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([word, list]) => {
      const seen = new Set<string>();
      const pronunciations = list
        .sort((a, b) => a[0] - b[0])
        .map(([, phones]) => phones)
        .filter((phones) => !seen.has(phones.join(' ')) && seen.add(phones.join(' ')));
      return { word, pronunciations };
    });
}
