// Amounts with a unit: "5 km" is five kilometers, "a 5 km run" a five kilometer run, "20 °C" twenty degrees
// Celsius.
import context from '../data/context-words.json' with { type: 'json' };
import { isAttributive, perUnitWords, UNITS } from './amounts.js';
import { namedNumberBefore } from './directions.js';
import { scaleWord } from './money.js';
import { isOne, NUMBER, numberWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky } from './reader.js';

const NAMES = alternatives([...UNITS.keys()].filter((name) => !/["']/.test(name)));
const SCALE = '(?: (hundred|thousand|million|billion|trillion))?';
const MEASURE = sticky(
  `(${NUMBER})(?: ?(?:-|–|to) ?-?(${NUMBER}))?${SCALE}( ?|-)(${NAMES})(?![A-Za-z0-9µμ])`,
);
const SCALED = sticky(`(${NUMBER})(K|k|M|m|mn|B|bn)(?![A-Za-z0-9])`);
const FEET_INCHES = sticky("(\\d{1,2})'(?: ?(\\d{1,2}(?:\\.5)?)(?:\"|''))?(?![A-Za-z0-9'])");
const INCHES = sticky(`(${NUMBER})"`);
/** Units that are also words or letters: read as units only where nothing else is likely. */
const DOUBTFUL = new Set<string>(context.amounts.doubtfulUnits);

const UNIT = new RegExp(`[ -]?(${NAMES})(?![A-Za-z0-9])(\\.(?= ))?`, 'y');

/** The unit that stands at `at` after an amount said elsewhere (a fraction), or null. */
export function unitAt(text: string, at: number): { end: number; one: string; many: string } | null {
  const match = matchAt(UNIT, { text, at });
  if (!match || /[^a-z]/.test(match[1]!) || !isPlausible(text, at + match[0].length, match[1]!, ' ', false))
    return null;
  const [one, many] = UNITS.get(match[1]!)!;
  return { end: at + match[0].length, one, many };
}

/** "1.2M", "50K people": a number with its scale; a bare "5K" or "4K" is said as written. */
function readScaled(site: Site): Reading | null {
  const match = matchAt(SCALED, site);
  if (!match) return null;
  const [all, amount, scale] = match;
  const end = site.at + all.length;
  const decimal = amount!.includes('.');
  const people = /^ (?:a (?:year|month|week|day)|[a-z]{2,}[^su]s|people|more)\b/.test(
    site.text.slice(end, end + 24),
  );
  if (scale === 'm' && !people) return null;
  const sure = scale === 'M' || scale === 'bn' || scale === 'mn' || decimal || people;
  return sure ? { end, say: `${numberWords(amount!)} ${scaleWord(scale)}` } : null;
}

function unitWords(unit: string, single: boolean): string {
  const [one, many] = UNITS.get(unit)!;
  return single ? one : many;
}

export function readMeasure(site: Site): Reading | null {
  return readHeight(site) ?? readUnit(site) ?? readScaled(site);
}

function readUnit(site: Site): Reading | null {
  const match = matchAt(MEASURE, site);
  if (!match) return null;
  const [all, low, high, scale, gap, unit] = match;
  let end = site.at + all.length;
  if (!isPlausible(site.text, end, unit!, gap!, low!.includes('.'))) return null;
  if (/^[A-Za-z]$/.test(unit!) && namedNumberBefore(site.text, site.at + low!.length)) return null;
  const per = perUnitWords(site.text, end);
  const dotted = site.text[end] === '.' && /[ ,;:)]/.test(site.text[end + 1] ?? '') && /[a-z]$/.test(unit!);
  if (!per && dotted) end += 1;
  const single =
    (isOne(low!) && high === undefined && scale === undefined) || gap === '-' || isAttributive(site, end);
  const amount = `${numberWords(low!)}${high === undefined ? '' : ` to ${numberWords(high)}`}${scale === undefined ? '' : ` ${scale}`}`;
  const say = `${amount} ${unitWords(unit!, single)}${per ? ` ${per.say}` : ''}`;
  return { end: per?.end ?? end, say };
}

function isPlausible(text: string, end: number, unit: string, gap: string, decimal: boolean): boolean {
  if (unit === '%' || unit.startsWith('°')) return true;
  const following = text.slice(end, end + 2);
  if (/^['’]?[A-Za-z]/.test(following)) return false;
  if (/^-[A-Za-z]/.test(following)) return gap !== ' ' || !DOUBTFUL.has(unit);
  if (
    unit === 'in' &&
    /(?:ft\.?|feet|foot) \d{1,2}(?:\.\d)? ?$/.test(text.slice(Math.max(0, end - 14), end - 2))
  )
    return true;
  if (unit === 'in')
    return gap !== '-' && (/^\. ?/.test(following) || /^(?:$|[,;)×x])/.test(following.trimStart()));
  if (gap === '' && DOUBTFUL.has(unit) && !(unit === 's' && decimal)) return false;
  if (DOUBTFUL.has(unit)) return !/^ [a-zA-Z]/.test(following) && !/^(?:-|\..)/.test(following);
  if (unit === 'm' && /^ (?:people|users|viewers|copies)/.test(text.slice(end, end + 9))) return false;
  return true;
}

/** 5'10" and 12": prime marks, where they cannot be quotation marks. */
function readHeight(site: Site): Reading | null {
  const height = matchAt(FEET_INCHES, site);
  if (height && (height[2] !== undefined || !openQuote(site.text, site.at, "'"))) {
    const [all, feet, inches] = height;
    const tail = inches === undefined ? '' : ` ${numberWords(inches)} ${unitWords('in', isOne(inches))}`;
    return {
      end: site.at + all.length,
      say: `${numberWords(feet!)} ${unitWords('ft', isOne(feet!))}${tail}`,
    };
  }
  const inches = matchAt(INCHES, site);
  if (!inches || openQuote(site.text, site.at, '"')) return null;
  const end = site.at + inches[0].length;
  const single = isOne(inches[1]!) || isAttributive(site, end);
  return { end, say: `${numberWords(inches[1]!)} ${unitWords('in', single)}` };
}

/** Whether a quotation opened with `mark` may still be open: looks back 300 characters. */
function openQuote(text: string, at: number, mark: string): boolean {
  const before = text.slice(Math.max(0, at - 300), at);
  if (mark === "'") return /(?:^|[\s(])'(?=\S)/.test(before);
  return (before.match(/(?<!\d)"/g)?.length ?? 0) % 2 === 1;
}
