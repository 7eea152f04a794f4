// Hashtags, mentions and the number sign: "#ThrowbackThursday" is hashtag throwback thursday, "#1" number one.
import { identifierWords } from './identifiers.js';
import { letterWords } from './initialisms.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';

const HASHTAG = sticky('#((?=[0-9_]{0,20}[A-Za-z])[A-Za-z0-9_]{1,100})(?![A-Za-z0-9_])');
const MENTION = sticky('@([A-Za-z0-9_][A-Za-z0-9_.-]{0,38}[A-Za-z0-9_]|[A-Za-z])(?![A-Za-z0-9_])');
const NUMBER_SIGN = sticky('# ?(?=\\d)');
const CASHTAG = sticky('\\$([A-Z]{1,5})(?![A-Za-z0-9])');
const UNDERSCORE = new Set(['_']);

export function readSocial(site: Site): Reading | null {
  if (/[A-Za-z0-9]$/.test(site.text[site.at - 1] ?? '')) return null;
  const hashtag = matchAt(HASHTAG, site);
  if (hashtag)
    return { end: site.at + hashtag[0].length, say: `hashtag ${identifierWords(hashtag[1]!, UNDERSCORE)}` };
  const number = matchAt(NUMBER_SIGN, site);
  if (number) return { end: site.at + 1, say: 'number' };
  const mention = matchAt(MENTION, site);
  if (mention) return { end: site.at + mention[0].length, say: `at ${identifierWords(mention[1]!)}` };
  const cashtag = matchAt(CASHTAG, site);
  return cashtag && { end: site.at + cashtag[0].length, say: letterWords(cashtag[1]!) };
}
