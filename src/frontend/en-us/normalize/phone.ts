// Telephone, postal, card and other numbers that are read digit by digit, in the groups they are written in.
import context from '../data/context-words.json' with { type: 'json' };
import { letterWords } from './letters.js';
import { cardinalWords, digitWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';

const AMERICAN = sticky(
  '(?:\\+?(1)[ .-]?)?(?:\\((\\d{3})\\) ?|(\\d{3})[ .-])(\\d{3})[ .-](\\d{4})(?![\\d]|[.-]\\d)',
);
const LOCAL = sticky('(\\d{3})-(\\d{4})(?![\\d-])');
const VANITY = sticky(
  '(?:1-)?(8\\d\\d|900)-(\\d{3}-[A-Z]{4}|[A-Z]{7,10}|[A-Z]{3,4}-[A-Z0-9]{3,4})(?![A-Za-z0-9])',
);
const INTERNATIONAL = sticky('\\+(\\d{1,3})((?:[ .-]?\\(?\\d{1,5}\\)?){2,6})(?!\\d)');
const GROUPED = sticky('(\\d{1,6}(?:-\\d{1,6}){2,6})(?![A-Za-z0-9]|-\\d)');
/** A national number with its trunk zero, in spaced groups. */
const TRUNK = sticky('\\(?(0\\d{2,4}|1[38]00)\\)? (\\d{3,4}) (\\d{3,4})(?!\\d)');
const CARD = sticky('(\\d{4}) (\\d{4}) (\\d{4}) (\\d{4})(?!\\d)');
const POSTAL = sticky('(\\d{5})(?:-(\\d{4}))?(?![A-Za-z0-9-]|[.,]\\d)');
const SHORT = sticky('(\\d{3,4})(?![A-Za-z0-9]|[.,:]\\d)');
const CALLED = new Set<string>(context.phones.called);
const EMERGENCY = new Set<string>(context.phones.emergency);
const AFTER_EMERGENCY = new RegExp(`^ (?:${alternatives(context.phones.afterEmergency)})\\b`);
const CODES = new Set<string>(context.phones.codes);
const CUES = new Set<string>(context.phones.before);
const RANGES = new Set<string>(context.phones.ranges);

/** "555-867-5309 x12" */
const EXTENSION = /^,? ?[xX] ?(\d{1,5})(?![A-Za-z0-9])/;

/** Groups of digits with a short pause between: "555-1234" -> "five five five, one two three four". */
export function groupWords(groups: readonly string[]): string {
  return groups
    .filter((group) => group !== '')
    .map(spokenGroup)
    .join(', ');
}

function spokenGroup(group: string): string {
  if (/^[1-9]00$/.test(group)) return `${digitWords(group[0]!)} hundred`;
  return digitWords(group);
}

export function readPhone(site: Site): Reading | null {
  if (/[A-Za-z0-9]$/.test(site.text[site.at - 1] ?? '')) return null;
  const american = matchAt(AMERICAN, site);
  if (american) {
    const extension = EXTENSION.exec(
      site.text.slice(site.at + american[0].length, site.at + american[0].length + 10),
    );
    const [all, country, bracketed, plain, exchange, line] = american;
    const plus = all.startsWith('+') ? 'plus ' : '';
    const groups = [country ?? '', bracketed ?? plain!, exchange!];
    const more = extension
      ? `, extension ${extension[1]!.length > 2 ? digitWords(extension[1]!) : cardinalWords(extension[1]!)}`
      : '';
    return {
      end: site.at + all.length + (extension?.[0].length ?? 0),
      say: `${plus}${groupWords(groups)}, ${digitWords(line!)}${more}`,
    };
  }
  return readVanity(site) ?? readInternational(site) ?? readGrouped(site) ?? readShort(site);
}

function readVanity(site: Site): Reading | null {
  const match = matchAt(VANITY, site);
  if (!match) return null;
  const [all, area, name] = match;
  const parts = name!.split('-').map((part) => {
    if (/^\d+$/.test(part)) return digitWords(part);
    return /\d|^[^AEIOUY]+$/.test(part) ? spelledMix(part) : part.toLowerCase();
  });
  return {
    end: site.at + all.length,
    say: `${all.startsWith('1-') ? 'one, ' : ''}${spokenGroup(area!)}, ${parts.join(', ')}`,
  };
}

function spelledMix(part: string): string {
  return [...part].map((sign) => (/\d/.test(sign) ? digitWords(sign) : letterWords(sign))).join(' ');
}

function readInternational(site: Site): Reading | null {
  const match = matchAt(INTERNATIONAL, site);
  if (!match) return null;
  const rest = match[2]!.split(/[^\d]+/).filter((group) => group !== '');
  if (rest.join('').length < 6) return null;
  return {
    end: site.at + match[0].length,
    say: `plus ${digitWords(match[1]!)}, ${rest.map(digitWords).join(', ')}`,
  };
}

function readGrouped(site: Site): Reading | null {
  const trunk = matchAt(TRUNK, site);
  if (trunk) return { end: site.at + trunk[0].length, say: trunk.slice(1).map(digitWords).join(', ') };
  const card = matchAt(CARD, site);
  if (card) return { end: site.at + card[0].length, say: card.slice(1).map(digitWords).join(', ') };
  const local = matchAt(LOCAL, site);
  if (local && !isRange(local[1]!, local[2]!, site)) {
    return { end: site.at + local[0].length, say: `${digitWords(local[1]!)}, ${digitWords(local[2]!)}` };
  }
  const match = matchAt(GROUPED, site);
  if (!match) return null;
  const groups = match[1]!.split('-');
  const counting = groups.every((group) => /^(?:\d|[1-9]\d)$/.test(group));
  const say = counting ? groups.map(cardinalWords).join(' ') : groups.map(digitWords).join(', ');
  return { end: site.at + match[0].length, say };
}

/** "500-1000 people", "pages 900-1200": round figures make a range of what could be a number to call. */
function isRange(low: string, high: string, site: Site): boolean {
  const before = wordBefore(site).toLowerCase();
  return (
    !CUES.has(before.replace('.', '')) && ((/^\d00$/.test(low) && /00$/.test(high)) || RANGES.has(before))
  );
}

function readShort(site: Site): Reading | null {
  const postal = matchAt(POSTAL, site);
  const before = wordBefore(site);
  if (postal && (postal[2] !== undefined || isPostalCue(before, site))) {
    return {
      end: site.at + postal[0].length,
      say: postal.slice(1).filter(Boolean).map(digitWords).join(', '),
    };
  }
  const short = matchAt(SHORT, site);
  if (!short) return null;
  const emergency =
    EMERGENCY.has(short[1]!) &&
    (CALLED.has(before.toLowerCase()) || AFTER_EMERGENCY.test(site.text.slice(site.at + 3, site.at + 16)));
  if (!emergency && !CODES.has(before.toLowerCase())) return null;
  return { end: site.at + short[0].length, say: digitWords(short[1]!) };
}

/** Words that a count follows, though they may open a line with a capital. */
const NOT_PLACES = new Set<string>(context.phones.notPlaces);

/** "Beverly Hills 90210": a place's name before five digits that end a phrase and are no round number. */
function isPlace(before: string, site: Site): boolean {
  if (!/^[A-Z][a-z]+$/.test(before) || /00$/.test(site.text.slice(site.at, site.at + 5))) return false;
  return (
    /^(?:$|[,;.?!)])/.test(site.text.slice(site.at + 5, site.at + 6)) && !NOT_PLACES.has(before.toLowerCase())
  );
}

/** "CA 90210", "D.C. 20500", "ZIP 10001", "zip code 10001". */
function isPostalCue(before: string, site: Site): boolean {
  if (isPlace(before, site)) return true;
  if (/^(?:[A-Z]{2}|D\.C\.?|zip|ZIP|zipcode|postcode)$/.test(before)) return true;
  return /^codes?$/i.test(before) && /^(?:zip|postal|post)$/i.test(wordBefore(site, 1));
}
