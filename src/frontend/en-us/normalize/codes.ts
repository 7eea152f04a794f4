// Numbers that name something and count nothing: a code after "code is" or "order number" is read digit by
// digit, a standard, a form or a flight in pairs, a hash or a hardware address character by character.
import codes from '../data/codes.json' with { type: 'json' };
import labels from '../data/labels.json' with { type: 'json' };
import { pairWords } from './addresses.js';
import { yearWords } from './dates.js';
import { belowHundred, cardinalWords, digitWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

const CONNECT =
  '(?:,? (?:is|was|are|=|of|in|with|by|no\\.?|number|numbers|code|id|ID|num|the|digits?|four))?';
const STRONG = new RegExp(
  `(?:^|[^A-Za-z])(?:${alternatives(codes.strong)})(?:'s)?${CONNECT}${CONNECT}:? ?#? ?$`,
  'i',
);
/** "a card ending in 4321", but "the lease ends in 2025" */
const ENDING = new RegExp(
  `\\b(?:${alternatives(codes.endingHeads)})\\b[^.!?]{0,16} end(?:s|ing)(?: in| with)?:? $`,
  'i',
);
const NUMBERED = new RegExp(
  `(?:^|[^A-Za-z])(?:${alternatives(codes.numbered)})(?: (?:number|numbers|no\\.?|id|ID|num|code|#)(?: is| was|:)?|:| ID:?)? ?#? ?$`,
  'i',
);
const MARKED = /(?:number|numbers|no\.?|id|num|code|#|:)(?: is| was|:)? ?#? ?$/i;
const DIGITS = sticky('\\d{3,20}(?:[- ]\\d{2,12}){0,5}(?![A-Za-z0-9/%°$]|[.,:]\\d|-\\d)');
const HYPHENED = sticky('\\d{1,12}(?:-\\d{2,12}){1,4}(?![A-Za-z0-9/]|[.,:]\\d|-\\d)');

/** Groups of digits as they are written: "12345-678" -> "one two three four five, six seven eight". */
function groupDigits(written: string): string {
  return written.split(/[- ]/).map(digitWords).join(', ');
}

/** The digits of a code, where the words before name one. */
export function readCode(site: Site): Reading | null {
  if (/[A-Za-z0-9.,$£€¥-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const before = site.text.slice(Math.max(0, site.at - 48), site.at);
  const code = matchAt(DIGITS, site) ?? matchAt(HYPHENED, site);
  if (!code || !/[A-Za-z#:.] ?#? ?$/.test(before)) return null;
  const written = code[0];
  const end = site.at + written.length;
  const digits = written.replace(/\D/g, '').length;
  if (digits < 4 && !/^(?:pin|code|passcode)/i.test(wordBefore(site))) return null;
  if (ENDING.test(before)) return { end, say: groupDigits(written) };
  const strong = STRONG.test(before) && !countedAfter(site.text, end);
  if (
    strong &&
    !(digits === 4 && /\b(?:in|of|by)$/.test(before.trimEnd()) && !/end(?:s|ing) in $/i.test(before))
  )
    return { end, say: groupDigits(written) };
  if (NUMBERED.test(before) && MARKED.test(before)) return { end, say: groupDigits(written) };
  return null;
}

/** "CVE-2024-3094", "INV-2024-0042": a year and a number in it. */
const DATED_CODE = sticky('([A-Z]{2,4})-((?:19|20)\\d\\d)-(\\d{3,6})(?![A-Za-z0-9]|-\\d)');
const CODE_NAME = sticky('([A-Z]{2,4})(\\d{1,4})-(\\d{2,6})(?![A-Za-z0-9]|-\\d)');

/** "XK7-492": letters and digits of a code, one by one. */
export function readCodeName(site: Site): Reading | null {
  const dated = matchAt(DATED_CODE, site);
  if (dated) {
    const [all, name, year, number] = dated;
    const digits = number!.length === 4 ? pairWords(number!) : digitWords(number!);
    return { end: site.at + all.length, say: `${[...name!].join(' ')} ${yearWords(Number(year))} ${digits}` };
  }
  const match = matchAt(CODE_NAME, site);
  if (!match) return null;
  const [all, letters, first, second] = match;
  if (/^[FACS]Y$/.test(letters!) && /^(?:19|20)\d\d$/.test(first!)) return null; // FY2022-23
  const last = /^\d{2}00$/.test(second!) ? pairWords(second!) : digitWords(second!); // DDR5-6000
  return {
    end: site.at + all.length,
    say: `${[...letters!].join(' ')} ${digitWords(first!)}, ${last}`,
  };
}

/** "a card 1000 people hold": a plural noun after makes a count of it. */
function countedAfter(text: string, end: number): boolean {
  return text[end] === ' ' && /^(?:[a-z]{3,}s|people|million|dollars)$/.test(wordAfter(text, end));
}

const SHORT = sticky('(\\d{3})(?![A-Za-z0-9/%]|[.,:-]\\d)');
const EMERGENCY = new Set<string>(codes.emergency);
const CALLS = `\\b(?:${alternatives(codes.calls)})`;
const CALL = new RegExp(`${CALLS}\\b[^.!?]{0,36} (?:or|and) $`, 'i');
const DIALLED = new RegExp(`${CALLS} $`, 'i');
const TEXTED = new RegExp(`\\b(?:${alternatives(codes.texts)}) [A-Z]{2,12} to $`, 'i');
const TEXT_CODE = sticky('(\\d{5,6})(?![A-Za-z0-9]|[.,]\\d)');

/** "Call ... or 911", "call 211", "text STOP to 88022". */
export function readDialled(site: Site): Reading | null {
  const before = site.text.slice(Math.max(0, site.at - 56), site.at);
  const short = matchAt(SHORT, site);
  if (short && EMERGENCY.has(short[1]!) && (CALL.test(before) || DIALLED.test(before)))
    return { end: site.at + 3, say: digitWords(short[1]!) };
  const code = matchAt(TEXT_CODE, site);
  return code && TEXTED.test(before) ? { end: site.at + code[0].length, say: digitWords(code[1]!) } : null;
}

const STANDARDS = new Set<string>(codes.standards);
const STANDARD = sticky('(\\d{3,4})(?:\\.(\\d{1,2}))?([a-z]{1,2})?(?![A-Za-z0-9]|[.,]\\d|%)');
const PLAN_NUMBERS = new Set<string>(codes.plans.numbers);
const PLAN_AFTER = new Set<string>(codes.plans.after);
const PLAN = sticky('(\\d{3})(?:([kKbB])(?![A-Za-z0-9])|(?= [A-Za-z]))');

/** "RFC 2616", "IEEE 802.11ac", "Form 1099", "a 401k", "a 529 plan": numbers in pairs. */
export function readStandard(site: Site): Reading | null {
  const status = matchAt(STATUS, site);
  if (status && isStatus(site)) return { end: site.at + 3, say: pairWords(status[1]!) };
  const plan = matchAt(PLAN, site);
  if (plan && PLAN_NUMBERS.has(plan[1]!)) {
    const [all, digits, letter] = plan;
    if (letter !== undefined)
      return { end: site.at + all.length, say: `${pairWords(digits!)} ${letter.toUpperCase()}` };
    if (PLAN_AFTER.has(wordAfter(site.text, site.at + 3)))
      return { end: site.at + 3, say: pairWords(digits!) };
  }
  const oil = matchAt(OIL, site);
  if (oil)
    return { end: site.at + oil[0].length, say: `${cardinalWords(oil[1]!)} W ${cardinalWords(oil[2]!)}` };
  const form = matchAt(TAX_FORM, site);
  if (form) return { end: site.at + form[0].length, say: pairWords(form[0]) };
  const wireless = matchAt(WIRELESS, site);
  if (!STANDARDS.has(wordBefore(site)) && !wireless) return null;
  const match = matchAt(STANDARD, site);
  if (!match) return null;
  const [all, digits, part, letters] = match;
  if (part === undefined && (letters !== undefined || (wordBefore(site) === 'Box' && digits!.length < 4)))
    return null;
  if (countedAfter(site.text, site.at + all.length)) return null;
  const dotted =
    part === undefined ? '' : ` dot ${part.startsWith('0') ? digitWords(part) : belowHundred(Number(part))}`;
  const suffix = letters === undefined ? '' : ` ${[...letters.toUpperCase()].join(' ')}`;
  return { end: site.at + all.length, say: `${standardNumber(digits!)}${dotted}${suffix}` };
}

/** "1099-MISC", "a 1040-ES" */
/** "0W-20", "10W30": grades of oil. */
const OIL = /(\d{1,2})W-?([2-6]0)(?![A-Za-z0-9]|[.,]\d)/y;
const TAX_FORM = /(?:10(?:40|41|65|95|96|98|99)|11(?:20)|99[0])(?=-[A-Z]{1,4}(?![A-Za-z0-9]))/y;
/** "802.11ax" is a standard without its society too. */
const WIRELESS = /802\.(?:11(?:[a-z]{1,2})?|1[qx]|3[a-z]{0,2}|15)(?![A-Za-z0-9])/y;
const STATUS = sticky('([1-5]\\d\\d)(?![A-Za-z0-9/%]|[.,:-]\\d)');
const STATUS_AFTER = new RegExp(`^(?:s?[ :-]{1,3})(?:${alternatives(codes.statusAfter)})(?![a-z])`, 'i');
const STATUS_BEFORE = new RegExp(`\\b(?:${alternatives(codes.statusBefore)})[:!]? (?:an? |with )?$`);

/** "404 Not Found", "returned a 503": what a server answers. */
function isStatus({ text, at }: Site): boolean {
  if (STATUS_AFTER.test(text.slice(at + 3, at + 24))) return true;
  const known = /^(?:4(?:0[0-9]|1[0-8]|2[29])|50[0-4])$/.test(text.slice(at, at + 3));
  if (
    known &&
    /^ errors?(?![a-z])/.test(text.slice(at + 3, at + 11)) &&
    /\b(?:an?|the|with|of|throwing|many) $/i.test(text.slice(Math.max(0, at - 10), at))
  )
    return true;
  return (
    known &&
    STATUS_BEFORE.test(text.slice(Math.max(0, at - 24), at)) &&
    !/^ [a-z]{3,}s\b/.test(text.slice(at + 3, at + 20))
  );
}

/** "ISO 9001" is nine thousand one, "RFC 1001" ten oh one. */
function standardNumber(digits: string): string {
  return /^[2-9]00[1-9]$/.test(digits) ? cardinalWords(digits) : pairWords(digits);
}

const ROAD = sticky('(\\d{2,3})(?![A-Za-z0-9/%]|[.,:-]\\d)');
const ROAD_AFTER = new RegExp(`^(?:$|[,;.?!)]| (?:${alternatives(codes.highwayAfter)})(?![A-Za-z]))`);
const ROAD_BEFORE = new RegExp(`(?:^|[,;:(] ?|\\b(?:${alternatives(codes.highwayBefore)}) |\\bto )[Tt]he $`);

/** "the 405 is jammed", "take the 101": a freeway's number without its word. */
export function readFreeway(site: Site): Reading | null {
  const match = matchAt(ROAD, site);
  if (!match || match[1]!.length < 3 || /00$/.test(match[1]!)) return null;
  const before = site.text.slice(Math.max(0, site.at - 20), site.at);
  const after = site.text.slice(site.at + 3, site.at + 20);
  const road =
    /[Tt]he $/.test(before) &&
    ((ROAD_AFTER.test(after) && ROAD_BEFORE.test(before)) ||
      /^ (?:freeway|is|was|interchange)\b/.test(after));
  return road ? { end: site.at + 3, say: pairWords(match[1]!) } : null;
}

const COMPANIES = new Map(Object.entries(codes.companies));
const COMPANY = sticky(`(${alternatives(COMPANIES.keys())})(?![A-Za-z0-9+])`);
const NO_COMPANY_AFTER = new Set<string>(codes.companyNotAfter);
const NO_COMPANY = new Set<string>(codes.companyNot);

/** "3M": the company, unless something is counted. */
export function readCompany(site: Site): Reading | null {
  const match = matchAt(COMPANY, site);
  if (!match) return null;
  const end = site.at + match[0].length;
  const next = wordAfter(site.text, end);
  const counted =
    NO_COMPANY.has(next) || (/^[a-z]{3,}s$/.test(next) && !/(?:ys|ss|is|as)$/.test(next) && !SELLS.has(next));
  if (counted && !/^(?:at|from|by|with|of)$/i.test(wordBefore(site))) return null;
  if (site.text[site.at - 1] === '$' || NO_COMPANY_AFTER.has(wordBefore(site).toLowerCase())) return null;
  return { end, say: COMPANIES.get(match[1]!)! };
}
const SELLS = new Set<string>(codes.companySells);

const AVERAGES = new Set<string>(codes.averages);
const AVERAGE = sticky('0?\\.(\\d{3})(?![A-Za-z0-9%]|\\.\\d)');

/** "batting .312" is three twelve. */
export function readAverage(site: Site): Reading | null {
  const match = matchAt(AVERAGE, site);
  if (!match) return null;
  if (match[1] === '500' && isEven(site, site.at + match[0].length))
    return { end: site.at + match[0].length, say: 'five hundred' };
  const cued =
    AVERAGES.has(wordBefore(site).toLowerCase()) || AVERAGES.has(wordBefore(site, 1).toLowerCase());
  if (
    !cued &&
    !/^(?:hitter|average|batting|clip|slugging|percentage|BA|AVG|OBP|SLG)$/.test(
      wordAfter(site.text, site.at + match[0].length),
    )
  )
    return null;
  return { end: site.at + match[0].length, say: pairWords(match[1]!) };
}

const EVEN_BEFORE = new Set<string>(codes.evenBefore);
const EVEN_AFTER = new Set<string>(codes.evenAfter);

/** ".500 ball", "two games above .500": as many won as lost. */
function isEven(site: Site, end: number): boolean {
  const next = wordAfter(site.text, end).toLowerCase();
  return EVEN_AFTER.has(next) || (EVEN_BEFORE.has(wordBefore(site).toLowerCase()) && !/^[a-z]/.test(next));
}

const CALIBRES = new Map(Object.entries(codes.calibres));
const CALIBRE = sticky(`\\.(${alternatives(CALIBRES.keys())})(?![A-Za-z0-9%]|[.,]\\d)`);
const GUN_AFTER = new Set(codes.gunAfter.split(' '));
const GUN_BEFORE = new Set(codes.gunBefore.split(' '));

/** "his .45", "a .357 Magnum": the bore of a gun; "a .9 chance" is a decimal. */
export function readCalibre(site: Site): Reading | null {
  if (/[A-Za-z0-9]$/.test(site.text[site.at - 1] ?? '')) return null;
  const match = matchAt(CALIBRE, site);
  if (!match) return null;
  const end = site.at + match[0].length;
  const joint = site.text[end] === '-' ? 1 : 0;
  const after = wordAfter(site.text, end + joint).toLowerCase();
  const isOwned =
    GUN_BEFORE.has(wordBefore(site).toLowerCase()) && (after === '' || GOES_ON.has(after)) && joint === 0;
  return isOwned || GUN_AFTER.has(after) ? { end, say: CALIBRES.get(match[1]!)! } : null;
}
const GOES_ON = new Set(codes.gunGoesOn.split(' '));

const COUNTED = new Set<string>(labels.counted);
const LEADING_ZERO = sticky('0(\\d)(?![A-Za-z0-9]|[.,:/-]\\d)');

/** "Chapter 07": the zero only fills. */
export function readFilledNumber(site: Site): Reading | null {
  const match = matchAt(LEADING_ZERO, site);
  if (!match || !COUNTED.has(wordBefore(site).toLowerCase().replace('.', ''))) return null;
  return { end: site.at + 2, say: cardinalWords(match[1]!) };
}
