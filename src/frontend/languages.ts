// The languages there are, each loaded with the first voice that speaks it: in a bundle it is a file of its own, half of
// the code for English, which comes while the weights do. Nothing else that speech needs imports from its folder.
import type { Language } from './language.js';

const LANGUAGES: readonly { readonly tag: string; load(): Promise<Language> }[] = [
  { tag: 'en-US', load: async () => (await import('./en-us/en-us.js')).EN_US },
];

/** The language of a voice by its tag (BCP 47): the same tag, the same language, or else the first there is. */
export function loadLanguage(tag: string): Promise<Language> {
  const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
  const primary = (one: string) => one.split('-')[0]!;
  const language =
    LANGUAGES.find((one) => same(one.tag, tag)) ??
    LANGUAGES.find((one) => same(primary(one.tag), primary(tag))) ??
    LANGUAGES[0]!;
  return language.load();
}
