// What stands after an amount: the noun that it qualifies ("a 5 km run" is a five kilometer run, "he ran 5
// km" five kilometers) or the slash of a rate ("$5/month" is five dollars per month).
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import units from '../data/units.json' with { type: 'json' };
import { alternatives, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

/** Units by their symbols. */
export const UNITS = new Map(Object.entries(units) as [string, [one: string, many: string]][]);

const DETERMINERS = new Set<string>(context.amounts.determiners);
/** Those that can stand before a name: "NASA's $10 billion James Webb Telescope". */
const BEFORE_NAME = new Set<string>(context.amounts.beforeNames);
const OWNER = /^[A-Z][A-Za-z]*'s$/;
/** Words that may follow an amount without being the noun it qualifies. */
const NOT_NOUNS = new Set<string>(context.amounts.notNouns);

/** Whether a word is none that an amount would describe. */
export function isNotNoun(word: string): boolean {
  return NOT_NOUNS.has(word) || word.endsWith('ly');
}

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

/**
 * What "/unit" at `at` adds to an amount ("10 mg/kg": per kilogram), or null where no rate stands there; one
 * rate may follow another ("mcg/kg/min").
 */
export function perUnitWords(text: string, at: number): { end: number; say: string } | null {
  const first = oneRate(text, at);
  if (!first) return null;
  const second = oneRate(text, first.end);
  const third = second && oneRate(text, second.end);
  const last = third ?? second ?? first;
  const says = [first, second, third].filter((rate) => rate !== null).map((rate) => rate.say);
  return /^\/(?!1\.73)[A-Za-z0-9]/.test(text.slice(last.end, last.end + 5))
    ? null
    : { end: last.end, say: says.join(' ') };
}

function oneRate(text: string, at: number): { end: number; say: string } | null {
  const area = /^ ?\/ ?((?:sq|cu)\.? ?(?:ft|in|yd|mi|km|cm|mm|m))(?![A-Za-z0-9])(\.(?=[ ,;)]))?/.exec(
    text.slice(at, at + 16),
  );
  if (area) {
    const say = UNITS.get(area[1]!)?.[0] ?? UNITS.get(area[1]!.replace(/\. ?/, ' '))?.[0];
    if (say !== undefined) return { end: at + area[0].length, say: `per ${say}` };
  }
  const match = /^ ?\/ ?([A-Za-zµμ°]{1,20}(?:\^?[23])?)(?![A-Za-z0-9])(?:\.(?=[ ,;)]))?/.exec(
    text.slice(at, at + 30),
  );
  if (!match) return null;
  const unit = match[1]!;
  const [, base, power] = /^(.*?)\^?([23])?$/.exec(unit)!;
  const raised = power === '2' ? 'squared' : 'cubed';
  const say =
    SHORT.get(unit) ??
    (power === undefined ? UNITS.get(unit)?.[0] : undefined) ??
    (power === undefined || !UNITS.has(base!)
      ? undefined
      : `${areaWords(unit) ?? `${UNITS.get(base!)![0]} ${raised}`}`) ??
    (/^[a-z]{3,}$/.test(unit) ? unit : undefined);
  if (say === 'each') return { end: at + match[0].length, say };
  return say === undefined ? null : { end: at + match[0].length, say: `per ${say}` };
}

/** "m2" is a square meter; "kg2" is a kilogram squared. */
function areaWords(unit: string): string | undefined {
  return UNITS.get(unit)?.[0] ?? UNITS.get(unit.replace('^', ''))?.[0];
}

const COUNTED = new Map(Object.entries(context.amounts.countedShort));
/** "req/s", "frames/s", "rows/sec": things counted per time, after a number. */
const COUNT_RATE = sticky(
  `(?:(${alternatives(COUNTED.keys())})|([a-z]{3,14}s))/(?=(?:${alternatives(context.amounts.times)})(?![A-Za-z0-9/]))`,
);
const COUNT_BEFORE = /(?:\d[\d.,]*(?: ?[kKMB])?|\b(?:of|in|thousand|million|hundred)) (?:[a-z]{2,12} )?$/;

function readCountRate(site: Site): Reading | null {
  const match = matchAt(COUNT_RATE, site);
  if (!match) return null;
  const isCounted =
    match[1] !== undefined || COUNT_BEFORE.test(site.text.slice(Math.max(0, site.at - 32), site.at));
  const per = isCounted ? perUnitWords(site.text, site.at + match[0].length - 1) : null;
  return per
    ? { end: per.end, say: `${match[1] === undefined ? match[2] : COUNTED.get(match[1])!} ${per.say}` }
    : null;
}

const RATE_ALONE = new RegExp(
  `(${alternatives([...UNITS.keys()].filter((unit) => /^[A-Za-zµμ]{1,5}\d?$/.test(unit)))})(?: (${alternatives([...UNITS.keys()].filter((unit) => /^[a-z]{1,3}[23]?$/.test(unit)))}))?(?=/[A-Za-z])`,
  'y',
);
const SPANS = new Set<string>(context.amounts.afterSlash);
/** Pairs of units that are something else: "in/out", "h/t". */
const PLAIN_FIRST = new Set<string>(context.amounts.doubtfulUnits);

/** "km/h", "N m2/kg2": a rate that no number precedes. */
export function readRate(site: Site): Reading | null {
  if (/[A-Za-z0-9/]$/.test(site.text[site.at - 1] ?? '')) return null;
  const counted = readCountRate(site);
  if (counted) return counted;
  const match = matchAt(RATE_ALONE, site);
  if (!match) return null;
  const [all, unit, second] = match;
  const measured = /\d ?$/.test(site.text.slice(Math.max(0, site.at - 2), site.at));
  if (
    !measured &&
    (PLAIN_FIRST.has(unit!) ||
      !/^[a-zµμ]|^[A-Z]Wh$/.test(unit!) ||
      (unit!.length === 1 && !/[gm]/.test(unit!)))
  )
    return null;
  const end = site.at + all.length;
  const rated = /^\/([A-Za-z]{1,6})/.exec(site.text.slice(end, end + 8))?.[1];
  if (rated === undefined || (!UNITS.has(rated) && !SHORT.has(rated) && !SPANS.has(rated))) return null;
  const per = perUnitWords(site.text, end);
  if (!per) return null;
  const words =
    second === undefined ? UNITS.get(unit!)![1] : `${UNITS.get(unit!)![0]} ${UNITS.get(second)![1]}`;
  return { end: per.end, say: `${words} ${per.say}` };
}

const PER_UNIT = new RegExp(
  `per (${alternatives([...SHORT.keys(), ...UNITS.keys()].filter((unit) => /^[a-z]{2,4}$/.test(unit)))})(?:\\.(?! [A-Z]|$))?(?![A-Za-z0-9])`,
  'y',
);

/** "$5 per hr" */
export function readPerUnit(site: Site): Reading | null {
  const match = matchAt(PER_UNIT, site);
  if (!match) return null;
  const unit = SHORT.get(match[1]!) ?? UNITS.get(match[1]!)![0];
  return { end: site.at + match[0].length, say: `per ${unit}` };
}
