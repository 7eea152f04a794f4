// The languages there are. Nothing else outside a language's folder imports from it.
import { EN_US } from './en-us/en-us.js';
import type { Language } from './language.js';

const LANGUAGES: readonly Language[] = [EN_US];

/** The language of a voice by its tag (BCP 47): the same tag, the same language, or else the first there is. */
export function languageOf(tag: string): Language {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const primary = (one: string) => one.split('-')[0]!;
  return (
    LANGUAGES.find((language) => same(language.tag, tag)) ??
    LANGUAGES.find((language) => same(primary(language.tag), primary(tag))) ??
    LANGUAGES[0]!
  );
}
