// Shortened words: "Dr." is doctor before a name and drive after one, "No. 5" is number five, "e.g." for
// example.
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import labels from '../data/labels.json' with { type: 'json' };
import roads from '../data/roads.json' with { type: 'json' };
import {
  alternatives,
  beforeFullStop,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordBefore,
} from './reader.js';

const table = (group: Record<string, string>) => new Map(Object.entries(group));
const TITLES = table(abbreviations.title);
const SUFFIXES = table(abbreviations.suffix);
const STREETS = new Map([...table(abbreviations.street), ...table(roads.streets)]);
const NUMBERED = new Map([...table(abbreviations.numbered), ...table(roads.beforeNumber)]);
const GENERAL = new Map([...table(abbreviations.general), ...table(abbreviations.ending)]);
const CALENDAR = new Map([...table(abbreviations.month), ...table(abbreviations.weekday)]);
const WEEKDAYS = new Set(Object.keys(abbreviations.weekday));
/** Words before a day: "closed Sun", "by Fri". */
const DAYS_BEFORE = new Set(context.dates.beforeDays.split(' '));
const UNDOTTED = new Set<string>(abbreviations.undotted);
const ALSO_WORDS = new Set<string>(abbreviations.alsoWords);

/** Kinds of road that no word is written like. */
const ROADS = table(roads.always);
const BEFORE_NUMBER = new Set<string>(roads.undottedBeforeNumber);
const UNDOTTED_PLACES = new Set<string>(roads.undottedPlaces);
/** Words of a place's name that a saint's name may follow ("Port St. Lucie") or that name a street. */
const GEOGRAPHIC = new Set<string>(roads.geographic);

const PHRASES = table(abbreviations.latin);
const PHRASE = sticky(`(${alternatives(PHRASES.keys())})(?![A-Za-z0-9])`, 'i');
const SHORT = /([A-Za-z]{1,8})(?:(\.)(?![a-z])|(?!'?[A-Za-z0-9]))/y;
const ADDRESS = /\d{1,5}[A-Z]?,? (?:[NSEW]\.? |[NS][EW] )?(?:[A-Za-z0-9][A-Za-z0-9'.]* ){1,3}$/;
/** Words without their vowels, which nothing else is written like. */
const CONTRACTED = table(abbreviations.contracted);
const MILITARY = table(abbreviations.military);
/** "Fri May 3" */
const MONTH_AFTER = /^,? (?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}\.? \d/;
/** Short days that are no words: "said Tues it would". */
const LONG_DAYS = new Set(['tues', 'weds', 'thur', 'thurs']);
const POINTS = new Set(abbreviations.points.split(' '));
const PARTS = new Set(labels.beforeFullStop.split(' '));
/** Sizes and packs, after a number only: "3 lg. eggs". */
const SIZED = table(abbreviations.sized);
/** What a number measures, before it and without a dot too: "Ht 5'4", wt 132 lbs". */
const MEASURED = table(abbreviations.measured);
/** Words of citations: "9th Cir.", "Cal. Civ. Code", "U.S. Const. art. II". */
const LAW = table(abbreviations.law);
const LAW_AFTER = /^(?:$|,|\)| (?:§|\d|[A-Z]|art\.|amend\.|at \d|corp|law|statute|limited|L\.?L\.?C))/;
const LAW_BESIDE = /(?:\d(?:st|nd|rd|th)|[A-Z][A-Za-z]*\.|U\.S\.|R\.) $|['’]s $/;
const LAW_STARTS =
  /^ (?:(?:Civ|Crim|Penal|Bus|Fam|Gov|Health|Veh|Evid|Lab|Prob|App|Code|Const|Super|Ct|Rev|Stat|Ann|Corp|Gen|Tax|Ins|Educ)\b|Code|§|corp|law|statute|limited)/;
/** "(b. 1950)", "(r. 1837–1901)" */
const LIFE = table(abbreviations.life);
/** Capitalised words that stand before a saint's or a doctor's name, where they are no street's name. */
const NOT_NAMES = new Set<string>(context.streets.notNames);

const SUBJECT = /(RE|FW|FWD|Fwd)(?=:)/y;

/** Latin and other set phrases, in any context; "FW: RE:" of a subject. */
export function readPhrase(site: Site): Reading | null {
  const subject = matchAt(SUBJECT, site);
  if (subject) return { end: site.at + subject[0].length, say: subject[1] === 'RE' ? 're' : 'forward' };
  const match = matchAt(PHRASE, site);
  if (!match) return null;
  const key = match[1]!.toLowerCase();
  // "msc" in small letters is no degree.
  if (key === 'msc' && match[1] === 'msc') return null;
  const end = site.at + match[0].length;
  return { end: key.startsWith('per') ? end : beforeFullStop(site.text, end), say: PHRASES.get(key)! };
}

export function readAbbreviation(site: Site): Reading | null {
  const match = matchAt(SHORT, site);
  if (!match || /&/.test(site.text[site.at - 1] ?? '')) return null; // "M&Ms"
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
  return say === null ? null : { end: beforeFullStop(site.text, end), say };
}

/** Whether a word without its dot may be an abbreviation: not in capitals, where it is an initialism. */
function standsUndotted(written: string, short: string, site: Site): boolean {
  if (written.length > 1 && written === written.toUpperCase() && !site.capitals) return false;
  return (
    short === 'no' ||
    UNDOTTED.has(short) ||
    ROADS.has(short) ||
    BEFORE_NUMBER.has(short) ||
    STREETS.has(short) ||
    TITLES.has(short) ||
    MEASURED.has(short) ||
    CONTRACTED.has(short) ||
    /^(?:dep|arr|adm)$/.test(short) ||
    (short === 'ph' && written === 'Ph') ||
    (short === 'conf' && /^conf (?:[Rr]m|[Rr]oom)\b/i.test(site.text.slice(site.at, site.at + 12))) ||
    (short === 'rm' && written === 'Rm') ||
    (short === 'pt' && POINTS.has(wordBefore(site).toLowerCase())) ||
    CALENDAR.has(short)
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
  if (dotted && capital && MILITARY.has(short) && /^\d+(?:st|nd|rd|th|d)$/.test(wordBefore(site)))
    return MILITARY.get(short)!;
  if (short === 'nr' && dotted && /^ [A-Z]/.test(after)) return 'near';
  if (short === 'conf' && /^ (?:[Rr]m|[Rr]oom|[Cc]all)\b/.test(after)) return 'conference';
  if (
    dotted &&
    /^exh?$/.test(short) &&
    (/^ [A-Z](?:-?\d|[,;:.)]|$| [a-z])/.test(after) ||
      (/^ \d/.test(after) && LAWFUL.test(site.text.slice(Math.max(0, site.at - 80), site.at + 60))))
  )
    return 'exhibit';
  if (dotted && /^(?:sec|app|vol|sect|para|fig|art)$/.test(short) && /^ [B-HJ-Z](?![A-Za-z'])/.test(after))
    return NUMBERED.get(short)!;
  if (short === 'd' && dotted && !capital && /^[A-Z]/.test(wordBefore(site)) && /^ [A-Z]/.test(after))
    return 'defeated';
  if (
    short === 'ed' &&
    dotted &&
    /^\d+(?:st|nd|rd|th)$|^(?:rev|third|second|first)\.?$/i.test(wordBefore(site))
  )
    return 'edition';
  if (!dotted && capital && LONG_DAYS.has(short)) return CALENDAR.get(short)!;
  if (short === 'rev' && dotted && /^ (?:[A-Z]|\d{1,2})(?![A-Za-z0-9.'/])/.test(after)) return 'revision';
  if (short === 'rev' && dotted && /^ \d{1,2}\//.test(after)) return 'revised';
  if (short === 'ph' && capital && /^: ?[\d(+]/.test(after)) return 'phone';
  if (short === 'c' && /^ ?\(/.test(after)) return null;
  if (short === 'exp' && /^:? \d{1,2}\//.test(after)) return 'expires';
  if (short === 'sz' && /^:? (?:X{0,3}[SML]|[2-5]XL)(?![A-Za-z0-9])/.test(after)) return 'size';
  const contracted = CONTRACTED.get(short);
  if (contracted !== undefined) return contracted;
  if (short === 'pt' && POINTS.has(wordBefore(site).toLowerCase())) return 'point';
  if (short === 'rm' && written === 'Rm') return 'room';
  if (short === 'bus' && dotted && /^ days?\b/.test(after)) return 'business';
  if (
    !dotted &&
    /^(?:dep|arr|adm)$/.test(short) &&
    !/^:? ?(?:[A-Z]{3}(?![A-Za-z])|at \d|\d{1,2}:|[$£€]|free\b|fee\b)/.test(after)
  )
    return null;
  if (short === 'dep' && /^ (?:[A-Z]{3}(?![A-Za-z])|at \d|\d{1,2}:)/.test(after)) return 'departs';
  if (short === 'arr' && /^ (?:[A-Z]{3}(?![A-Za-z])|at \d|\d{1,2}:)/.test(after)) return 'arrives';
  if (short === 'sched' && dotted && /^ (?:[A-F]|[KS]E?-\d)(?![a-z])/.test(after)) return 'schedule';
  const sized = dotted ? SIZED.get(short) : undefined;
  if (sized !== undefined && /\d$/.test(wordBefore(site))) return sized;
  const measured = MEASURED.get(short);
  if (measured !== undefined && (dotted || short !== 'lat' || capital) && /^:? ?-?\d/.test(after))
    return measured;
  const law = dotted && capital ? lawWords(candidate) : null;
  if (law !== null) return law;
  if (
    short === 'v' &&
    dotted &&
    written === 'v' &&
    /^[A-Z][a-z]/.test(wordBefore(site)) &&
    /^ [a-z]/.test(after) &&
    !/^ (?:good|nice|well|much|long|short|important|interesting|\w\b)/.test(after)
  )
    return 'versus';
  if (short === 'adm' && /^:? ?(?:[$£€]|free\b|fee\b)/.test(after)) return 'admission';
  if (short === 'srs' && dotted) return 'seniors';
  if (LIFE.has(short) && dotted && /^ (?:c\. ?|ca\. ?)?\d{3,4}/.test(after)) return LIFE.get(short)!;
  if (short === 'cent') return null;
  if (
    short === 'est' &&
    dotted &&
    written !== 'EST' &&
    /[\d)] $/.test(site.text.slice(Math.max(0, site.at - 2), site.at))
  )
    return 'estimated';
  if (
    short === 'v' &&
    dotted &&
    /^[A-Z]/.test(wordBefore(site)) &&
    !PARTS.has(wordBefore(site).toLowerCase()) &&
    /^ [A-Z]/.test(after)
  )
    return 'versus';
  if (dotted && NUMBERED.has(short) && /^ ?(?:[#(]?\d|(?:[IVXLC]+|[ivxl]+)\b| ?[¶§])/.test(after))
    return NUMBERED.get(short)!;
  if (dotted && /^exh?$/.test(short) && /^ [A-Z](?:-?\d|[,;:.)]|$| [a-z])/.test(after)) return 'exhibit';
  if (short === 'def' && dotted && /^[A-Z]/.test(wordBefore(site)) && /^ [A-Z]/.test(after))
    return 'defeated';
  if (short === 'conf' && !/^ ?(?:#|no\b|num|code|ID)/.test(after)) return null;
  if (short === 'st' && dotted && capital && /^-[A-Z]/.test(after)) return 'saint';
  if (!dotted && BEFORE_NUMBER.has(short) && capital && /^ #?\d/.test(after))
    return NUMBERED.get(short) ?? null;
  if (!dotted && short === 'no' && capital && /^ \d/.test(after)) return 'number';
  if (short === 'st' && dotted && !capital)
    return /^ [a-z]/.test(after) && !addressedBefore(site) ? 'saint' : 'street';
  const street = streetWords(candidate);
  if (street !== null) return street;
  if (TITLES.has(short)) {
    const name = /^ ?["']?[A-Z]/.test(after);
    if (capital && name && (dotted || UNDOTTED.has(short) || UNDOTTED_PLACES.has(short))) {
      return BEFORE_TITLE.has(short) && last ? null : TITLES.get(short)!;
    }
    if ((dotted || UNDOTTED.has(short)) && !doubtful && !(last && short === 'st')) return TITLES.get(short)!;
  }
  if (
    !dotted &&
    capital &&
    CALENDAR.has(short) &&
    (isCalendarRange(site, after) ||
      /^ \d{1,2}\//.test(after) ||
      (WEEKDAYS.has(short) &&
        (/^:? \d{1,2}(?::\d\d|(?: ?[ap]\.?m?\.?)? ?[-–]| ?[ap]\.?m?(?![A-Za-z]))|^, \d{1,2} [A-Z]/.test(
          after,
        ) ||
          MONTH_AFTER.test(after) ||
          (DAYS_BEFORE.has(wordBefore(site).toLowerCase()) &&
            /^(?:$|[,;.?!)]| (?:at|and|or|by|to|from|for|the|[a-z]))/.test(after)))))
  )
    return CALENDAR.get(short)!;
  if (dotted && CALENDAR.has(short) && capital && !(doubtful && last && !/\d/.test(site.text)))
    return CALENDAR.get(short)!;
  if (SUFFIXES.has(short) && (dotted || UNDOTTED.has(short)) && !(doubtful && !capital))
    return SUFFIXES.get(short)!;
  if (ROADS.has(short)) return ROADS.get(short)!;
  if (!GENERAL.has(short) || !(dotted || UNDOTTED.has(short))) return null;
  if (capital && doubtful && !/^ \d/.test(after)) return null;
  if (doubtful && last) return null;
  return GENERAL.get(short)!;
}

/** Words of a citation, where another of its parts stands beside them. */
function lawWords({ site, short, after }: Candidate): string | null {
  const word = LAW.get(short);
  if (word === undefined) return null;
  if (short === 'cir') return /^\d+(?:st|nd|rd|th)$|^(?:Fed|D\.C)\.$/.test(wordBefore(site)) ? word : null;
  const before = site.text.slice(Math.max(0, site.at - 24), site.at);
  if (LAW_STARTS.test(after)) return word;
  return LAW_BESIDE.test(before) && LAW_AFTER.test(after) && LAWFUL.test(before + after) ? word : null;
}
/** What shows a citation around a word of one. */
const LAWFUL =
  /[§¶]|['’]s $|['’]s |\b(?:Decl|Aff|Dkt|Compl|Tr|Dep|Mot|Pl|Def|Civ|Crim|Evid|Proc|Const|Code|Ct|Cir|Stat|Penal|Supp|Bankr|art|amend|U\.S|Super|Br|R)\b/;

/** "Mon-Fri", "Jan–Mar", "Tue, Jan 5". */
function isCalendarRange(site: Site, after: string): boolean {
  const next = /^(?: ?[-–/] ?|, )([A-Z][a-z]{2,3})/.exec(after)?.[1]?.toLowerCase();
  const previous = /([A-Z][a-z]{2,3})\.? ?[-–/] ?$/
    .exec(site.text.slice(Math.max(0, site.at - 9), site.at))?.[1]
    ?.toLowerCase();
  return CALENDAR.has(next ?? '') || CALENDAR.has(previous ?? '');
}

/** Titles that are something else where nothing follows: street, feet. */
const BEFORE_TITLE = new Set(['st', 'ft']);

/** Whether a house's number and a street's name stand before. */
function addressedBefore(site: Site): boolean {
  return ADDRESS.test(site.text.slice(Math.max(0, site.at - 40), site.at));
}

/** Whether an undotted kind of street may end the street's name here. */
function endsName(after: string): boolean {
  return /^(?:$|[,;:.?!)]| (?:[a-z]+|[NSEW]{1,2})(?![A-Za-z'-]))/.test(after);
}

/** "Main St.", "Mulholland Dr.", "42nd St": a street's kind stands after its name. */
function streetWords({ site, written, short, dotted, last, after }: Candidate): string | null {
  const street = STREETS.get(short);
  if (street === undefined || !/^[A-Z]/.test(written)) return null;
  const before = wordBefore(site);
  const named =
    /^(?:[A-Z][a-z']+|\d{1,3}(?:st|nd|rd|th)|[A-Z])$/.test(before) &&
    (!NOT_NAMES.has(before.replace(/\.$/, '')) ||
      (GEOGRAPHIC.has(before) && /^(?:$|[,;:.?!)]| [a-z\d])/.test(after)));
  if (!named) return null;
  const title = TITLES.get(short);
  if (title === undefined) return dotted || UNDOTTED.has(short) || endsName(after) ? street : null;
  const addressed = addressedBefore(site);
  const ordinal = /^\d/.test(before);
  if (addressed || last || (ordinal && !/^ [A-Z]/.test(after))) return street;
  const names = /^ (?![NS]?[EW]?(?![A-Za-z]))[A-Z]/.test(after);
  return names || (!dotted && !endsName(after)) ? null : street;
}
