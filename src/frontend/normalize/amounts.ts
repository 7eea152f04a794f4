// What stands after an amount: the noun that it qualifies ("a 5 km run" is a five kilometer run, "he ran 5
// km" five kilometers) or the slash of a rate ("$5/month" is five dollars per month).
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import units from '../data/units.json' with { type: 'json' };
import { type Site, wordAfter, wordBefore } from './reader.js';

/** Units by their symbols. */
export const UNITS = new Map(Object.entries(units) as [string, [one: string, many: string]][]);

const DETERMINERS = new Set<string>(context.amounts.determiners);
/** Those that can stand before a name: "NASA's $10 billion James Webb Telescope". */
const BEFORE_NAME = new Set<string>(context.amounts.beforeNames);
const OWNER = /^[A-Z][A-Za-z]*'s$/;
/** Words that may follow an amount without being the noun it qualifies. */
const NOT_NOUNS = new Set<string>(context.amounts.notNouns);

/** Whether the amount from the site to `end` qualifies the word that follows it. */
export function isAttributive(site: Site, end: number): boolean {
  if (site.text[end] === '-' && /[a-z]/.test(site.text[end + 1] ?? '')) return true;
  if (site.text[end] !== ' ') return false;
  const noun = wordAfter(site.text, end);
  const before = wordBefore(site);
  if (/^[A-Z]/.test(noun)) return BEFORE_NAME.has(before) || OWNER.test(before);
  if (!/^[a-z]{3,}$/.test(noun) || NOT_NOUNS.has(noun) || /ly$/.test(noun)) return false;
  // "a 3-year, $45 million contract"
  const listed = /\b[Aa]n? [\w-]{1,20}, $/.test(site.text.slice(Math.max(0, site.at - 26), site.at));
  return listed || DETERMINERS.has(before) || OWNER.test(before);
}

const SHORT = new Map(Object.entries(abbreviations.rate));

/** What "/unit" at `at` adds to an amount ("10 mg/kg": per kilogram), or null where no rate stands there. */
export function perUnitWords(text: string, at: number): { end: number; say: string } | null {
  const match = /^ ?\/ ?([A-Za-zµ°]{1,20}(?:\^[23])?)(?![A-Za-z0-9/])(?:\.(?=[ ,;)]))?/.exec(
    text.slice(at, at + 30),
  );
  if (!match) return null;
  const unit = match[1]!;
  const [base, power] = unit.split('^');
  const raised = power === '2' ? 'squared' : 'cubed';
  const say =
    SHORT.get(unit) ??
    UNITS.get(unit)?.[0] ??
    (power === undefined || !UNITS.has(base!) ? undefined : `${UNITS.get(base!)![0]} ${raised}`) ??
    (/^[a-z]{3,}$/.test(unit) ? unit : undefined);
  return say === undefined ? null : { end: at + match[0].length, say: `per ${say}` };
}
