// The English forms of a user's entry: its plural and its possessive.
import type { EntryForms } from '../../lexicon/entry-index.js';
import wordClasses from '../data/word-classes.json' with { type: 'json' };

/** Whether the plural of a word that the dictionary lists may be made from the user's form of the word. */
export type AllowsPlural = (plural: string, base: string) => boolean;

const FUNCTION_WORDS: ReadonlySet<string> = new Set(Object.values(wordClasses.words).join(' ').split(' '));

/** A word of a closed class, or a common adjective: its -s form is another word ("new", "news"). */
export function isCommonWord(word: string): boolean {
  return FUNCTION_WORDS.has(word);
}

/** The forms of entries where plurals are made that `allowsPlural` allows. */
export function entryForms(allowsPlural: AllowsPlural): EntryForms {
  return {
    isCommonWord,
    stems: (run) => {
      const list = [run];
      if (run.endsWith('s') && run.length > 2) list.push(run.slice(0, -1));
      if (/(?:[sxz]|ch|sh)es$/.test(run)) list.push(run.slice(0, -2));
      return list;
    },
    ending: (entry, rest, formOf) => {
      const possessive = /^['’ʼ]s(?![\p{L}\p{N}])/u.exec(rest);
      if (possessive) return { length: possessive[0].length, suffix: "'s" };
      const takesEs = /(?:[sxz]|ch|sh)$/.test(entry);
      const form = (takesEs ? /^e?s(?![\p{L}\p{N}\p{M}])/u : /^s(?![\p{L}\p{N}\p{M}])/u).exec(rest);
      if (!form || /\d$/.test(entry)) return undefined;
      const { length } = form[0];
      return allowsPlural(formOf(length), entry) ? { length, suffix: 's' } : undefined;
    },
  };
}
