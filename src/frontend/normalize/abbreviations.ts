// Shortened words: "Dr." is doctor before a name and drive after one, "No. 5" is number five, "e.g." for example.
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import { matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

const table = (group: Record<string, string>) => new Map(Object.entries(group));
const TITLES = table(abbreviations.title);
const SUFFIXES = table(abbreviations.suffix);
const STREETS = table(abbreviations.street);
const NUMBERED = table(abbreviations.numbered);
const GENERAL = new Map([...table(abbreviations.general), ...table(abbreviations.ending)]);
const CALENDAR = new Map([...table(abbreviations.month), ...table(abbreviations.weekday)]);
const UNDOTTED = new Set<string>(abbreviations.undotted);
const ALSO_WORDS = new Set<string>(abbreviations.alsoWords);

const PHRASES = table(abbreviations.latin);
const PHRASE = sticky(
  `(${[...PHRASES.keys()]
    .sort((a, b) => b.length - a.length)
    .map((key) => key.replace(/[.]/g, '\\.'))
    .join('|')})(?![A-Za-z0-9])`,
  'i',
);
const SHORT = /([A-Za-z]{1,8})(?:(\.)(?![a-z])|(?!'?[A-Za-z0-9]))/y;
const ADDRESS = /\d{1,5}[A-Z]?,? (?:[NSEW]\.? |[NS][EW] )?(?:[A-Za-z0-9][A-Za-z0-9'.]* ){1,3}$/;
const DIRECTIONS = new Map(
  Object.entries({
    n: 'north',
    s: 'south',
    e: 'east',
    w: 'west',
    ne: 'northeast',
    nw: 'northwest',
    se: 'southeast',
    sw: 'southwest',
  }),
);
/** Capitalised words that stand before a saint's or a doctor's name, and so make no street of it. */
const BEFORE_NAME =
  /^(?:My|His|Her|Our|Your|Their|This|That|An?|One|Our|Mount|Mt|Port|Fort|Lake|Saint|In|At|The|And|But|When|With|From|For|To|By|As|If|On|Is|Was|After|Before|Dear|Lt|Col|Mr|Mrs|Prof|Rev|Rue|Church|Cathedral|Hospital|University|College|Island|Gulf|Hello|Hi|Dr|Thanks|While|Since|Today|Yesterday|Then|Ask|See|Call|Meet|Both)\.?$/;

/** Latin and other set phrases, whatever stands around them. */
export function readPhrase(site: Site): Reading | null {
  const match = matchAt(PHRASE, site);
  if (!match) return null;
  const key = match[1]!.toLowerCase();
  // "IE." and "MSC" in capitals throughout are as likely initialisms; the letters are then the safe reading
  if (key === 'msc' && match[1] === 'msc') return null;
  const end = site.at + match[0].length;
  const keepsDot = key.endsWith('.') && end === site.text.length && !key.startsWith('per');
  return { end: keepsDot ? end - 1 : end, say: PHRASES.get(key)! };
}

export function readAbbreviation(site: Site): Reading | null {
  const match = matchAt(SHORT, site);
  if (!match) return null;
  const [all, written, dot] = match;
  const short = written!.toLowerCase();
  const dotted = dot === '.';
  if (!dotted && !standsUndotted(written!, short, site)) return null;
  const end = site.at + all.length;
  const last = dotted && end === site.text.length;
  const say = meaning({
    site,
    written: written!,
    short,
    dotted,
    last,
    after: site.text.slice(end, end + 24),
  });
  return say === null ? null : { end: last ? end - 1 : end, say };
}

/** Whether a word without its dot may be an abbreviation: not in capitals, where it is an initialism. */
function standsUndotted(written: string, short: string, site: Site): boolean {
  if (written.length > 1 && written === written.toUpperCase() && !site.capitals) return false;
  return (
    short === 'no' || UNDOTTED.has(short) || STREETS.has(short) || TITLES.has(short) || CALENDAR.has(short)
  );
}

interface Candidate {
  site: Site;
  written: string;
  short: string;
  dotted: boolean;
  /** Nothing follows in the sentence: the dot is also the full stop. */
  last: boolean;
  after: string;
}

function meaning(candidate: Candidate): string | null {
  const { site, written, short, dotted, last, after } = candidate;
  const capital = /^[A-Z]/.test(written);
  const doubtful = ALSO_WORDS.has(short);
  if ((short === 'c' || short === 'cent') && dotted && /^\d+(?:st|nd|rd|th)$/.test(wordBefore(site)))
    return 'century';
  if (short === 'fl' && dotted && /^\d+(?:st|nd|rd|th)$/.test(wordBefore(site))) return 'floor';
  if (LIFE.has(short) && dotted && /^ (?:c\. ?|ca\. ?)?\d{3,4}/.test(after)) return LIFE.get(short)!;
  if (short === 'cent') return null;
  if (short === 'est' && dotted && /[\d)] $/.test(site.text.slice(Math.max(0, site.at - 2), site.at)))
    return 'estimated';
  if (short === 'v' && dotted && /^[A-Z]/.test(wordBefore(site)) && /^ [A-Z]/.test(after)) return 'versus';
  if (dotted && NUMBERED.has(short) && /^ ?(?:\d|[IVXLC]+\b)/.test(after)) return NUMBERED.get(short)!;
  if (!dotted && short === 'no' && capital && /^ \d/.test(after)) return 'number';
  if (short === 'st' && dotted && !capital)
    return /^ [a-z]/.test(after) && !addressedBefore(site) ? 'saint' : 'street';
  const street = streetWords(candidate);
  if (street !== null) return street;
  if (TITLES.has(short)) {
    const name = /^ ?["']?[A-Z]/.test(after);
    if (capital && name && (dotted || UNDOTTED.has(short) || short === 'st' || short === 'mt')) {
      return BEFORE_TITLE.has(short) && last ? null : TITLES.get(short)!;
    }
    if ((dotted || UNDOTTED.has(short)) && !doubtful && !(last && short === 'st')) return TITLES.get(short)!;
  }
  if (
    !dotted &&
    capital &&
    CALENDAR.has(short) &&
    (isCalendarRange(site, after) || /^ \d{1,2}\//.test(after))
  )
    return CALENDAR.get(short)!;
  if (dotted && CALENDAR.has(short) && capital && !(doubtful && last && !/\d/.test(site.text)))
    return CALENDAR.get(short)!;
  if (SUFFIXES.has(short) && (dotted || UNDOTTED.has(short)) && !(doubtful && !capital))
    return SUFFIXES.get(short)!;
  if (!GENERAL.has(short) || !(dotted || UNDOTTED.has(short))) return null;
  if (capital && doubtful && !/^ \d/.test(after)) return null;
  if (doubtful && last) return null;
  return GENERAL.get(short)!;
}

/** "Mon-Fri", "Jan–Mar", "Tue, Jan 5". */
function isCalendarRange(site: Site, after: string): boolean {
  const next = /^(?: ?[-–/] ?|, )([A-Z][a-z]{2,3})/.exec(after)?.[1]?.toLowerCase();
  const previous = /([A-Z][a-z]{2,3})\.? ?[-–/] ?$/
    .exec(site.text.slice(Math.max(0, site.at - 9), site.at))?.[1]
    ?.toLowerCase();
  return CALENDAR.has(next ?? '') || CALENDAR.has(previous ?? '');
}

/** "(b. 1950)", "(r. 1837–1901)" */
const LIFE = new Map(Object.entries({ b: 'born', d: 'died', r: 'reigned' }));
const BEFORE_TITLE = new Set(['st', 'ft']);

/** Whether a house's number and a street's name stand before. */
function addressedBefore(site: Site): boolean {
  return ADDRESS.test(site.text.slice(Math.max(0, site.at - 40), site.at));
}

/** "Main St.", "Mulholland Dr.", "42nd St": a street's kind stands after its name. */
function streetWords({ site, written, short, dotted, last, after }: Candidate): string | null {
  const street = STREETS.get(short);
  if (street === undefined || !/^[A-Z]/.test(written)) return null;
  const before = wordBefore(site);
  const named = /^(?:[A-Z][a-z']+|\d{1,3}(?:st|nd|rd|th)|[A-Z])$/.test(before) && !BEFORE_NAME.test(before);
  if (!named) return null;
  const title = TITLES.get(short);
  if (title === undefined) return dotted || UNDOTTED.has(short) ? street : null;
  const addressed = addressedBefore(site);
  const ordinal = /^\d/.test(before);
  if (addressed || last || (ordinal && !/^ [A-Z]/.test(after))) return street;
  return /^ [A-Z]/.test(after) || (!dotted && !/^(?:$|[,;:.?!])/.test(after)) ? null : street;
}

const DIRECTION = /([NSEW]|[NS]\.?[EW])(\.?)(?= [A-Z0-9])/y;

/** "5 N. Main St.": a compass point after a house's number. */
export function readDirection(site: Site): Reading | null {
  const match = matchAt(DIRECTION, site);
  if (!match) return afterStreet(site);
  if (!/\d [NSEW.]*$/.test(site.text.slice(Math.max(0, site.at - 6), site.at + 1))) return afterStreet(site);
  if (
    wordAfter(site.text, site.at + match[0].length) === '' &&
    !/^ \d{1,3}(?:st|nd|rd|th)/.test(site.text.slice(site.at + match[0].length, site.at + 12))
  )
    return null;
  return { end: site.at + match[0].length, say: DIRECTIONS.get(match[1]!.replace('.', '').toLowerCase())! };
}

const QUARTER = /([NS][EW])(?![A-Za-z0-9.])/y;

/** "Pennsylvania Ave. NW": a city's quarter after its street. */
function afterStreet(site: Site): Reading | null {
  const match = matchAt(QUARTER, site);
  if (
    !match ||
    !/^(?:St|Ave?|Blvd|Rd|Dr|Street|Avenue|Road|Drive|Place|Boulevard)\.?$/.test(wordBefore(site))
  )
    return null;
  return { end: site.at + 2, say: DIRECTIONS.get(match[1]!.toLowerCase())! };
}
