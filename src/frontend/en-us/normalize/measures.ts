// Amounts with a unit: "5 km" is five kilometers, "a 5 km run" a five kilometer run, "20 °C" twenty degrees
// Celsius.
import context from '../data/context-words.json' with { type: 'json' };
import senses from '../data/unit-senses.json' with { type: 'json' };
import { isAttributive, perUnitWords, UNITS } from './amounts.js';
import { namedNumberBefore } from './directions.js';
import { scaleWord } from './money.js';
import { isOne, NUMBER, numberWords, ordinalWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

const NAMES = alternatives([...UNITS.keys()].filter((name) => !/["']/.test(name)));
const SCALE = '(?: (hundred|thousand|million|billion|trillion))?';
const MEASURE = sticky(
  `(${NUMBER})(?:(?: ?[-–] |[-–]| to )(-?${NUMBER}))?${SCALE}( ?|-)(${NAMES})(?![A-Za-z0-9µμ])`,
);
const SCALED = sticky(`(${NUMBER})(K|k|M|m|mn|B|bn)(?![A-Za-z0-9])`);
/** "250 K/µL": a count in thousands or millions per volume; "5 K/min" is a temperature's change. */
const CELL_COUNT = sticky(
  `(${NUMBER}) ?([KM])(?=/(?:[µμmu]c?L|d?L|mL|cu\\.? ?mm|cumm|mm\\^?3)(?![A-Za-z0-9]))`,
);
const FEET_INCHES = sticky("(\\d{1,2})'(?: ?(\\d{1,2}(?:\\.5)?)(?:\"|''))?(?![A-Za-z0-9'])");
const INCHES = sticky(`(${NUMBER})"`);
const NOT_NOUNS = new Set<string>(context.amounts.notNouns);
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
  if (scale === 'M' && /^[Ss]z\.?$|^[Ss]izes?$/.test(wordBefore(site))) return null;
  const sure =
    ['M', 'bn', 'mn'].includes(scale!) ||
    decimal ||
    people ||
    (/k/i.test(scale!) && isThousands(site, amount!, end)) ||
    (scale === 'B' && APPROXIMATE.test(site.text.slice(Math.max(0, site.at - 12), site.at)));
  return sure ? { end, say: `${numberWords(amount!)} ${scaleWord(scale)}` } : null;
}

/** Amounts of thousands that name a race, a screen or a plan: "a 10K", "4K video". */
const NAMED_THOUSANDS = new Set<string>(senses.namedThousands);
const APPROXIMATE = new RegExp(`(?:[~≈<>$£€¥]|(?:^|[^A-Za-z])(?:${senses.approximate.join('|')})) ?$`, 'i');

/** "300K", "~3K": thousands, unless a race or a screen has that many. */
function isThousands(site: Site, amount: string, end: number): boolean {
  if (/^[-A-Za-z0-9]/.test(site.text[end] ?? '') || namedNumberBefore(site.text, site.at + amount.length))
    return false;
  if (APPROXIMATE.test(site.text.slice(Math.max(0, site.at - 12), site.at))) return true;
  if (isAttributive(site, end)) return false; // "a 128K window"
  return !NAMED_THOUSANDS.has(amount) && Number(amount.replace(/,/g, '')) > 12;
}

interface Sense {
  near?: boolean;
  glued?: boolean;
  after?: string[];
  one: string;
  many: string;
}
/** Units of several meanings: what follows, or the lack of a space, decides. */
const SENSES = new Map(Object.entries(senses.senses as Record<string, Sense[]>));
/** Doubtful units that are certain where no space parts them from the number. */
const GLUED = new Set<string>(senses.glued);
/** Things that an amount before them describes, without an article too: "2 L bottle". */
const COUNTABLE = new Set<string>(senses.countable);

/** The unit's singular and plural, by what follows it. */
/** Words around a length of nucleic acid. */
const GENETIC = new RegExp(`(?:^|[^A-Za-z])(?:${alternatives(senses.genetic)})(?![a-z])`);

function sensed(unit: string, gap: string, next: string, around: string): [one: string, many: string] {
  const found = SENSES.get(unit)?.find(
    ({ near, glued, after }) =>
      (near === true && GENETIC.test(around)) ||
      (glued === true && gap === '') ||
      after?.length === 0 ||
      after?.includes(next),
  );
  return found ? [found.one, found.many] : UNITS.get(unit)!;
}

function unitWords(unit: string, single: boolean): string {
  const [one, many] = UNITS.get(unit)!;
  return single ? one : many;
}

/** "in the 90+4'", "in the 67'": the minute of a goal. */
const ADDED_MINUTE = sticky("(\\d{2,3})\\+(\\d{1,2})'(?![A-Za-z0-9'])");
const MINUTE_LABEL = sticky("(\\d{1,3})'(?=: )");
const NTH_MINUTE = sticky("(\\d{1,3})'(?![A-Za-z0-9'])");
const MATCH_MINUTE = sticky("(\\d{1,3})(?:\\+(\\d{1,2}))?'(?=[),])");
/** "Messi (45+2')", "goals (12', 67')": minutes of a match after a name. */
function readMatchMinute(site: Site): Reading | null {
  const added = matchAt(ADDED_MINUTE, site);
  if (added) {
    const ordinal = /\bthe $/.test(site.text.slice(Math.max(0, site.at - 4), site.at));
    return {
      end: site.at + added[0].length,
      say: `${numberWords(added[1]!)} plus ${numberWords(added[2]!)} ${ordinal ? 'minute' : 'minutes'}`,
    };
  }
  const clock = matchAt(MINUTE_LABEL, site);
  if (clock && Number(clock[1]) <= 130)
    return { end: site.at + clock[0].length, say: `${numberWords(clock[1]!)} minutes` };
  const nth = matchAt(NTH_MINUTE, site);
  if (
    nth &&
    /\b(?:in|at|on|until|by|after|before|from) the $/.test(
      site.text.slice(Math.max(0, site.at - 12), site.at),
    )
  )
    return { end: site.at + nth[0].length, say: `${ordinalWords(nth[1]!)} minute` };
  const match = matchAt(MATCH_MINUTE, site);
  if (!match || Number(match[1]) > 130) return null;
  const before = site.text.slice(Math.max(0, site.at - 30), site.at);
  if (!/(?:[A-Z][\p{L}'-]+|goals?|scored|min) \((?:\d{1,3}(?:\+\d{1,2})?', ?){0,4}$/u.test(before))
    return null;
  const extra = match[2] === undefined ? '' : ` plus ${numberWords(match[2])}`;
  return { end: site.at + match[0].length, say: `${numberWords(match[1]!)}${extra} minutes` };
}

export function readMeasure(site: Site): Reading | null {
  return (
    readMatchMinute(site) ?? readHeight(site) ?? readCellCount(site) ?? readUnit(site) ?? readScaled(site)
  );
}

function readCellCount(site: Site): Reading | null {
  const match = matchAt(CELL_COUNT, site);
  const per = match && perUnitWords(site.text, site.at + match[0].length);
  return per ? { end: per.end, say: `${numberWords(match[1]!)} ${scaleWord(match[2]!)} ${per.say}` } : null;
}

function readUnit(site: Site): Reading | null {
  const match = matchAt(MEASURE, site);
  if (!match) return null;
  const [all, low, farther, scale, gap, unit] = match;
  const high = farther?.replace('-', '');
  const sign = farther?.startsWith('-') === true && all.includes(' to ') ? 'minus ' : '';
  let end = site.at + all.length;
  if (!isPlausible(site.text, end, unit!, gap!, low!.includes('.'))) return null;
  if (/^[A-Za-z]$/.test(unit!) && namedNumberBefore(site.text, site.at + low!.length)) return null;
  // "350°F/gas mark 4" is no rate.
  const per =
    unit!.startsWith('°') &&
    !/^\/(?:[a-z]{1,2}|min|sec|day|hr|hour|mile|km)(?![a-z])/.test(site.text.slice(end, end + 6))
      ? null
      : perUnitWords(site.text, end);
  const dotted = site.text[end] === '.' && /[ ,;:)]/.test(site.text[end + 1] ?? '') && /[a-z]$/.test(unit!);
  if (!per && dotted) end += 1;
  const next = wordAfter(site.text, end).toLowerCase();
  const single =
    (/^yo$|^y\/o$/.test(unit!) && AGED.has(next)) ||
    (/^an?$/i.test(wordBefore(site)) && gap === '' && !isOne(low!)) ||
    (unit === 'ac' && next !== 'of' && ACRES.has(next)) ||
    (isOne(low!) && high === undefined && scale === undefined) ||
    gap === '-' ||
    (site.text[end] === ' ' && COUNTABLE.has(next)) ||
    isAttributive(site, end);
  // Air presses with some thousand millibars.
  if (unit === 'mb' && /^(?:8[5-9]\d|9\d\d|1,?0\d\d)$/.test(low!))
    return { end, say: `${numberWords(low!)} millibars` };
  const amount = `${numberWords(low!)}${high === undefined ? '' : ` to ${sign}${numberWords(high)}`}${scale === undefined ? '' : ` ${scale}`}`;
  const [one, many] = sensed(
    unit!,
    gap!,
    next,
    SENSES.has(unit!) ? site.text.slice(Math.max(0, site.at - 60), end + 60) : '',
  );
  const say = `${amount} ${single ? one : many}${per ? ` ${per.say}` : ''}`;
  return { end: per?.end ?? end, say };
}

/** What is measured in acres. */
const ACRES = new Set(senses.acres.split(' '));
/** Whom an age before them describes without an article too: "34 yo F". */
const AGED = new Set<string>(senses.aged);
const KELVIN_BEFORE = new RegExp(`\\b(?:${alternatives(senses.kelvinBefore)}) [\\d.,]{1,9}$`);

function isPlausible(text: string, end: number, unit: string, gap: string, decimal: boolean): boolean {
  if (unit === '%' || unit.startsWith('°')) return true;
  if (unit === 'st' && gap === '') return false; // "1st-and-goal"
  const following = text.slice(end, end + 2);
  if (/^['’]?[A-Za-z]/.test(following)) return false;
  if (/^-[A-Za-z]/.test(following)) return gap !== ' ' || !DOUBTFUL.has(unit);
  if (
    unit === 'in' &&
    /(?:ft\.?|feet|foot) \d{1,2}(?:\.\d)? ?$/.test(text.slice(Math.max(0, end - 14), end - 2))
  )
    return true;
  if (unit === 'in' && /^ [=≈]/.test(following)) return true; // "1 in = 10 mi"
  if (unit === 'in' && gap === '-' && /^\. [a-z]/.test(text.slice(end, end + 3))) return true;
  if (unit === 'in')
    return gap !== '-' && (/^\. ?/.test(following) || /^(?:$|[,;)×x])/.test(following.trimStart()));
  // "Form 8-K", "a 4-H club": a lone capital after a hyphen is a letter unless it describes something.
  if (gap === '-' && /^[A-Z]$/.test(unit) && DOUBTFUL.has(unit)) return false;
  if (gap === '' && /^[CF]$/.test(unit)) return isTemperature(text, end);
  if (gap === '' && DOUBTFUL.has(unit) && !(unit === 's' && decimal) && !GLUED.has(unit)) return false;
  if (unit === 'pc' && gap === '-') return true;
  if (unit === 'mo' && (gap === '-' || following.startsWith('. '))) return true;
  if (unit === 'ac' && (decimal || ACRES.has(wordAfter(text, end)))) return true;
  if (unit === 'doz' || unit === 'bp' || unit === 'ct') return true;
  if (/^[dt]$/.test(unit) && following.startsWith('/')) return false;
  if (unit === 'K' && gap === ' ' && KELVIN_BEFORE.test(text.slice(Math.max(0, end - 24), end - 2)))
    return true;
  if (DOUBTFUL.has(unit)) return !/^ [a-zA-Z]/.test(following) && !/^(?:-|\..)/.test(following);
  if (unit === 'm' && /^ (?:people|users|viewers|copies)/.test(text.slice(end, end + 9))) return false;
  return true;
}

/** Words that open a sentence and name nothing that a number and a letter would belong to. */
const OPENING = new Set<string>(senses.opening);

/** "20C", "72F", "-5C": two digits or a sign, and no name before them. */
function isTemperature(text: string, end: number): boolean {
  const before = /(?:^|[\s(~-])-?\d{2,3}(?:\.\d)?$|(?:^|[\s(])-\d$/.exec(
    text.slice(Math.max(0, end - 8), end - 1),
  );
  if (!before) return false;
  const start = end - 1 - /\d{1,3}(?:\.\d)?$/.exec(text.slice(0, end - 1).slice(-6))![0].length;
  return (
    !/^[A-Z][A-Za-z]*$/.test(wordBefore({ text, at: start })) || OPENING.has(wordBefore({ text, at: start }))
  );
}

/** "5'-UTR", "the 3' end" of a strand of DNA. */
const STRAND_END =
  /[35]'(?=-[A-Za-z]{2}| (?:ends?|UTR|cap|overhangs?|splice|flank|untranslated|to [35]'|tail|poly)(?![a-z]))/y;
/** 5'10" and 12": prime marks, where they cannot be quotation marks. */
function readHeight(site: Site): Reading | null {
  const strand = matchAt(STRAND_END, site);
  if (strand) return { end: site.at + 2, say: `${numberWords(strand[0][0]!)} prime` };
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
  const next = wordAfter(site.text, end);
  const described =
    site.text[end] === ' ' &&
    (/^[a-z]{2,}$/.test(next) || /^(?:TVs?|HDTVs?|LCD|LED|OLED|QLED|PVC|SSD|HDD)$/.test(next)) &&
    !NOT_NOUNS.has(next);
  const single = isOne(inches[1]!) || described || isAttributive(site, end);
  return { end, say: `${numberWords(inches[1]!)} ${unitWords('in', single)}` };
}

/** Whether a quotation opened with `mark` may still be open: looks back 300 characters. */
export function openQuote(text: string, at: number, mark: string): boolean {
  const before = text.slice(Math.max(0, at - 300), at);
  if (mark === "'") return /(?:^|[\s(])'(?=\S)/.test(before);
  return (before.match(/(?<!\d)"/g)?.length ?? 0) % 2 === 1;
}
