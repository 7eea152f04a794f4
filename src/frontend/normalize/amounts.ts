// "A 5 km run" is a five kilometer run, "he ran 5 km" is five kilometers: whether an amount stands before its noun.
import units from '../data/units.json' with { type: 'json' };
import { type Site, wordAfter, wordBefore } from './reader.js';

const DETERMINERS =
  /^(?:[Aa]|[Aa]n|[Aa]nother|[Tt]his|[Tt]hat|[Ee]ach|[Ee]very|one's|[Hh]is|[Hh]er|[Ii]ts|[Tt]heir|[Oo]ur|[Yy]our|[Mm]y|new|[Tt]he|[A-Z][A-Za-z]*'s)$/;
/** Those that can stand before a name: "NASA's $10 billion James Webb Telescope". */
const BEFORE_NAME = /^(?:[Aa]n?|[Tt]heir|[Ii]ts|[A-Z][A-Za-z]*'s)$/;
/** Words that may follow an amount without being the noun it qualifies. */
const NOT_NOUNS = new Set(
  'a an the and or but nor of in on at to for from by with without than then that this is are was were be been will would can could may might should must has have had he she it we they you i who which when while where if as so because since until till before after during per each every more less away ahead behind long tall high wide deep thick old apart east west north south northeast northwest southeast southwest across above below under over between into onto off out up down back later earlier ago about around only also not just too now again instead worth plus minus times divided equals do does did if whether though although yet both all some any there here not within wherever whenever however against toward towards through throughout upon via versus inside outside near next past'.split(
    ' ',
  ),
);

/** Whether the amount from the site to `end` qualifies the word that follows it. */
export function isAttributive(site: Site, end: number): boolean {
  if (site.text[end] === '-' && /[a-z]/.test(site.text[end + 1] ?? '')) return true;
  if (site.text[end] !== ' ') return false;
  const noun = wordAfter(site.text, end);
  if (/^[A-Z]/.test(noun)) return BEFORE_NAME.test(wordBefore(site));
  if (!/^[a-z]{3,}$/.test(noun) || NOT_NOUNS.has(noun) || /ly$/.test(noun)) return false;
  // "a 3-year, $45 million contract"
  const listed = /\b[Aa]n? [\w-]{1,20}, $/.test(site.text.slice(Math.max(0, site.at - 26), site.at));
  return listed || DETERMINERS.test(wordBefore(site));
}

// The slash of a rate: "$5/month" is five dollars per month, "10 mg/kg" milligrams per kilogram.

const UNITS = new Map(Object.entries(units) as [string, [string, string]][]);
const SHORT = new Map(
  Object.entries({
    mo: 'month',
    yr: 'year',
    hr: 'hour',
    wk: 'week',
    sec: 'second',
    min: 'minute',
    ea: 'each',
    d: 'day',
  }),
);

/** What "/unit" at `at` adds to an amount, or null where no rate stands there. */
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
