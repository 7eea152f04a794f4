// The short forms of medical notes: "hx" is history, "500 mg PO BID" five hundred milligrams by mouth twice a
// day. Letters that mean something else elsewhere need a dose before them.
import medical from '../data/medical.json' with { type: 'json' };
import { cardinalWords } from './numbers.js';
import {
  alternatives,
  beforeFullStop,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordAfter,
  wordBefore,
} from './reader.js';

const NOTES = new Map(Object.entries(medical.notes));
const ORDERS = new Map(Object.entries(medical.orders));
const SPANS = new Set<string>(medical.spans);
const PATIENT_BEFORE = new Set<string>(medical.patientBefore);
const HOURS = new Map(Object.entries(medical.hours));

const NOTE = sticky(`(${alternatives(NOTES.keys())})(?![A-Za-z0-9/]| ?[=(+*^-])`, 'i');
const ORDER = sticky(`(${alternatives(ORDERS.keys())})(?![A-Za-z0-9./])`);
const INTERVAL = sticky(`[qQ](\\d{1,2})(?:-(\\d{1,2}))?(${alternatives(HOURS.keys())}|H)(?![A-Za-z0-9])`);
const GLUED_SPAN = /[xX](?=\d{1,3} ?([a-z]{1,7})(?![A-Za-z]))/y;
const DOSED = new RegExp(
  `\\b(?:${alternatives([...ORDERS.keys()].filter((key) => /^[A-Z]{2,4}$/.test(key)))}|daily|day|nightly|${alternatives(medical.doses)})\\b[^.;:!?]{0,24}$`,
);
const DOSE = new RegExp(`\\d ?(?:${alternatives(medical.doses)})\\b[^.;:!?]{0,32}$`);
/** "c/o" is care of, but after a patient complaining of. */
const COMPLAINT = /c\/o(?![A-Za-z0-9])/y;
const COMPLAINING = new Set<string>(medical.complaining);
const COMPLAINTS = new Set(medical.complaints.split(' '));
const SCHEDULE_AFTER = /^ (?:[qQ]\d|(?:BID|TID|QID|QD|PRN|QHS)\b)/;
const PATIENT = new RegExp(
  `[Pp]t\\.(?= (?:[a-z]|[A-Z]{2}))|[Pp]t(?= [A-Z]{2,5}(?:x\\d|[, ]))|[Pp]t(?=: )|[Pp]t(?= (?:${alternatives(medical.patientDoes)})(?![A-Za-z]))`,
  'y',
);

export function readMedical(site: Site): Reading | null {
  const interval = matchAt(INTERVAL, site);
  if (interval) return { end: site.at + interval[0].length, say: intervalWords(interval) };
  const patient = matchAt(PATIENT, site);
  if (patient && isPatient(site, patient[0])) return { end: site.at + patient[0].length, say: 'patient' };
  const complaint = matchAt(COMPLAINT, site);
  if (complaint) {
    const end = site.at + complaint[0].length;
    if (COMPLAINING.has(wordBefore(site).toLowerCase())) return { end, say: 'complaining of' };
    if (COMPLAINTS.has(wordAfter(site.text, end)))
      return {
        end,
        say: /^(?:|.*[.:;!?] )$/.test(site.text.slice(0, site.at).slice(-3))
          ? 'complains of'
          : 'complaining of',
      };
  }
  const doubtful = readDoubtful(site);
  if (doubtful) return doubtful;
  const needed = matchAt(NEEDED, site);
  if (needed) return { end: site.at + 3, say: ORDERS.get(needed[1]!)! };
  const note = matchAt(NOTE, site);
  // In capitals these are initialisms.
  if (note && !/[A-Z]$/.test(note[1]!))
    return {
      end: beforeFullStop(site.text, site.at + note[0].length),
      say: NOTES.get(note[1]!.toLowerCase())!,
    };
  const span = matchAt(GLUED_SPAN, site);
  if (
    span &&
    SPANS.has(span[1]!) &&
    (isLasting(site, span[0]) || DOSED.test(site.text.slice(Math.max(0, site.at - 60), site.at)))
  )
    return { end: site.at + 1, say: 'for' };
  const order = matchAt(ORDER, site);
  if (!order || site.capitals) return null;
  const end = site.at + order[0].length;
  const dosed = DOSE.test(site.text.slice(Math.max(0, site.at - 44), site.at));
  if (/^x$/i.test(order[1]!))
    return isSpan(site.text, end) && (dosed || isLasting(site, order[1]!)) ? { end, say: 'for' } : null;
  const scheduled = SCHEDULE_AFTER.test(site.text.slice(end, end + 8));
  return dosed || scheduled ? { end: beforeFullStop(site.text, end), say: ORDERS.get(order[1]!)! } : null;
}

/** Orders that nothing else is written like. */
const NEEDED = /(PRN|q(?:HS|AM|PM|hs|am|pm))(?![A-Za-z0-9])/y;
const TREATMENT = sticky(`Tx(?=:|\\.:| (?:${alternatives(medical.treated.split(' '))})\\b)`);
const FRACTURE = /fx(?:\.(?= [a-z]))?(?![A-Za-z0-9])/y;
const FRACTURED = new Set(medical.fractured.split(' '));
/** "34 y/o M", "a 67-year-old F": the patient's sex. */
const SEX = /([MF])(?![A-Za-z0-9/&'-])/y;
const AGED = /\d(?:[- ]?y\/?o|[- ]years?[- ]old|[- ]yr[- ]old) $/;
const SEXES = new Map([
  ['M', 'male'],
  ['F', 'female'],
]);
const LABS = new Map(Object.entries(medical.labs));
const LAB = sticky(
  `(${alternatives(LABS.keys())})(?=:? ?[<>]?\\d{1,4}(?:\\.\\d)?(?: ?mg)?(?![A-Za-z0-9/]|\\.\\d))`,
);
const LABS_BESIDE = new RegExp(`(?:^|[^A-Za-z0-9])(?:${alternatives(medical.labsBeside)})(?![A-Za-z])`);

/** Letters that are a note's only where what stands beside them says so. */
function readDoubtful(site: Site): Reading | null {
  const { text, at } = site;
  const treatment = matchAt(TREATMENT, site);
  if (treatment) return { end: at + treatment[0].length, say: 'treatment' };
  const fracture = matchAt(FRACTURE, site);
  if (fracture && FRACTURED.has(wordBefore(site).toLowerCase()))
    return { end: at + fracture[0].length, say: 'fracture' };
  const sex = matchAt(SEX, site);
  if (sex && AGED.test(text.slice(Math.max(0, at - 14), at)))
    return { end: at + 1, say: SEXES.get(sex[1]!)! };
  const lab = matchAt(LAB, site);
  if (!lab) return null;
  const end = at + lab[0].length;
  const around = `${text.slice(Math.max(0, at - 50), at)} ${text.slice(end, end + 50)}`;
  return LABS_BESIDE.test(around) ? { end, say: LABS.get(lab[1]!)! } : null;
}

/** "my boyfriend (29M)" */
const BRACKETED_AGE = /([1-9]\d)([MF])(?=\))/y;
const PATIENT_BEFORE_AGE = /\b(?:[Pp]t|[Pp]atient)[:.]? (?:is (?:an? )?)?$/;
const PLAIN_AGE = /(\d{2})([MF])(?=[, ])/y;
const AGE_AND_SEX =
  /(\d{2})([MF])(?= (?:w\/|with\b|c\/o|p\/w|s\/p|h\/o|presents?\b|presenting|here\b|who\b|pt\b|patient|admitted|transferred|PMH|in for|seen\b))/y;

/** "72F w/ CHF": a patient's age and sex. */
export function readAgeAndSex(site: Site): Reading | null {
  const bracketed = site.text[site.at - 1] === '(' ? matchAt(BRACKETED_AGE, site) : null;
  if (bracketed)
    return { end: site.at + bracketed[0].length, say: `${cardinalWords(bracketed[1]!)} ${bracketed[2]}` };
  const match =
    matchAt(AGE_AND_SEX, site) ??
    (PATIENT_BEFORE_AGE.test(site.text.slice(Math.max(0, site.at - 12), site.at))
      ? matchAt(PLAIN_AGE, site)
      : null);
  return match && { end: site.at + match[0].length, say: `${cardinalWords(match[1]!)} ${match[2]}` };
}

function intervalWords([, first, second, unit]: RegExpExecArray): string {
  const name = HOURS.get(unit!.toLowerCase())!;
  if (first === '1' && second === undefined) return `every ${name.replace(/s$/, '')}`;
  return `every ${cardinalWords(first!)}${second === undefined ? '' : ` to ${cardinalWords(second)}`} ${name}`;
}

/** "SOB x 3 days", "rest x 20 min": a span of time after a word is no product. */
function isLasting({ text, at }: Site, sign: string): boolean {
  return sign === 'x' && /[A-Za-z)] $/.test(text.slice(Math.max(0, at - 2), at));
}

/** "x 7 days" */
function isSpan(text: string, end: number): boolean {
  const number = /^ ?\d{1,3}/.exec(text.slice(end, end + 6));
  return number !== null && SPANS.has(wordAfter(text, end + number[0].length));
}

function isPatient(site: Site, written: string): boolean {
  const before = wordBefore(site);
  if (/^\d/.test(before)) return false;
  return !written.endsWith('.') || before === '' || PATIENT_BEFORE.has(before.toLowerCase());
}
