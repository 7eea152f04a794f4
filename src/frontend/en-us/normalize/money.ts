// Sums of money: the unit is said after the amount, its parts apart, its scale between ("$3.5 million").
import context from '../data/context-words.json' with { type: 'json' };
import currencies from '../data/currencies.json' with { type: 'json' };
import numbers from '../data/numbers.json' with { type: 'json' };
import { isAttributive, isNotNoun, perUnitWords } from './amounts.js';
import { letterWords } from './letters.js';
import { cardinalWords, isOne, NUMBER, numberWords } from './numbers.js';
import {
  alternatives,
  beforeFullStop,
  insideWord,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordBefore,
} from './reader.js';

type Currency = [unit: string, units: string, part: string, parts: string];
const CURRENCIES = new Map(Object.entries(currencies) as [string, Currency][]);
const NAMES = alternatives(CURRENCIES.keys());
const SCALE =
  '(?:[ -]?(thousand|million|billion|trillion|Thousand|Million|Billion|Trillion|lakhs?|crores?|(?:mil|bil|tril)(?:\\.(?! [A-Z]))?|mln|mn|mm|MM|bn|tn|[kKmMbBT])(?![A-Za-z0-9]))?';
const SCALES = new Map(Object.entries(numbers.shortScales));

/** 1.234,56 as Europe writes it: only beside a currency is it certain. */
const EUROPEAN = '(?:\\d{1,3}(?:\\.\\d{3}){1,5},\\d{2}|\\d{1,6},\\d{2})(?![\\d,.]\\d|\\d)';
const AMOUNT = `(?:${EUROPEAN}|${NUMBER})`;
const BEFORE = sticky(`(-?)(${NAMES}) ?(-?)(${AMOUNT})(?: ?[-–] ?(?:${NAMES})?(${NUMBER}))?${SCALE}`);
const AFTER = sticky(`(${AMOUNT})(?: ?[-–] ?(${NUMBER}))?${SCALE} ?(${NAMES})(?![A-Za-z0-9])`);
const EXCHANGE = sticky('([A-Z]{3})/([A-Z]{3})(?![A-Za-z0-9/])(?: (\\d{1,6}(?:\\.\\d{1,6})?)(?![\\d%]))?');
const LOSS = sticky(`(${NAMES})\\((${NUMBER})\\)${SCALE}`);
const SHILLINGS = sticky('£(\\d{1,6}) (\\d{1,2})s\\.?(?: (\\d{1,2})d\\.?)?(?![A-Za-z0-9])');
/** "$20 USD": which dollar it is. */
const NAMED_AFTER = / ?([A-Z]{3})(?![A-Za-z0-9])/y;
const CENTS = sticky(`(${NUMBER}) ?(¢)`);
const PENCE = sticky('(\\d{1,2})p(?![A-Za-z0-9])');

/** "avocados 4/$5": so many for a sum. */
const SEVERAL_FOR = sticky('(\\d{1,2})/(?=[$£€]\\d)');

export function scaleWord(written: string | undefined): string {
  return written === undefined
    ? ''
    : (SCALES.get(written.toLowerCase().replace('.', '')) ?? written.toLowerCase());
}

/** "1.234,56" -> "1,234.56". */
function american(amount: string): string {
  return /,\d{2}$/.test(amount) ? `${amount.slice(0, -3).replace(/\./g, ',')}.${amount.slice(-2)}` : amount;
}

interface Sum {
  low: string;
  high: string | undefined;
  scale: string;
  currency: Currency;
  attributive: boolean;
}

/** A sum in words: "5.20", dollars -> "five dollars and twenty cents". */
function sumWords(sum: Sum): string {
  const [unit, units, part, parts] = sum.currency;
  const scale = sum.scale === '' ? '' : ` ${sum.scale}`;
  const single = sum.attributive || (isOne(sum.low) && scale === '' && sum.high === undefined);
  const name = single ? unit : units;
  if (sum.high !== undefined) return `${numberWords(sum.low)} to ${numberWords(sum.high)}${scale} ${name}`;
  const split = /^([\d,\u00a0]*)\.(\d\d)$/.exec(sum.low);
  if (!split || scale !== '' || sum.attributive) return `${numberWords(sum.low)}${scale} ${name}`;
  const whole = split[1]!.replace(/\D/g, '') || '0';
  const hundredths = Number(split[2]);
  const wholeWords = `${cardinalWords(whole)} ${isOne(whole) ? unit : units}`;
  if (hundredths === 0) return wholeWords;
  const partWords = `${cardinalWords(String(hundredths))} ${hundredths === 1 ? part : parts}`;
  return /^0*$/.test(whole) ? partWords : `${wholeWords} and ${partWords}`;
}

/** "EUR/USD 1.0850": a pair of currencies, whose number is a rate and no sum. */
function readRateOfExchange(site: Site): Reading | null {
  const match = matchAt(EXCHANGE, site);
  if (!match || !CURRENCIES.has(match[1]!) || !CURRENCIES.has(match[2]!)) return null;
  const rate = match[3] === undefined ? '' : ` ${numberWords(match[3])}`;
  return { end: site.at + match[0].length, say: `${letterWords(match[1]! + match[2]!)}${rate}` };
}

/** "$(12.4)M": a loss, as accounts write it. */
function readLoss(site: Site): Reading | null {
  const match = matchAt(LOSS, site);
  if (!match) return null;
  const [all, symbol, low, scale] = match;
  const sum = {
    low: low!,
    high: undefined,
    scale: scaleWord(scale),
    currency: CURRENCIES.get(symbol!)!,
    attributive: false,
  };
  return { end: site.at + all.length, say: `negative ${sumWords(sum)}` };
}

/** "£3 6s. 8d.": pounds, shillings and pence. */
function readShillings(site: Site): Reading | null {
  const match = matchAt(SHILLINGS, site);
  if (!match) return null;
  const [all, pounds, shillings, pence] = match;
  const count = (n: string, one: string, many: string) => `${cardinalWords(n)} ${isOne(n) ? one : many}`;
  const parts = [count(pounds!, 'pound', 'pounds'), count(shillings!, 'shilling', 'shillings')];
  if (pence !== undefined) parts.push(count(pence, 'penny', 'pence'));
  return { end: beforeFullStop(site.text, site.at + all.length), say: parts.join(' ') };
}

export function readMoney(site: Site): Reading | null {
  const special = readRateOfExchange(site) ?? readLoss(site) ?? readShillings(site);
  if (special) return special;
  const cents = matchAt(CENTS, site);
  if (cents) {
    const per = perUnitWords(site.text, site.at + cents[0].length);
    return {
      end: per?.end ?? site.at + cents[0].length,
      say: `${numberWords(cents[1]!)} ${isOne(cents[1]!) ? 'cent' : 'cents'}${per ? ` ${per.say}` : ''}`,
    };
  }
  const pence = matchAt(PENCE, site);
  if (pence) {
    const per = perUnitWords(site.text, site.at + pence[0].length);
    return {
      end: per?.end ?? site.at + pence[0].length,
      say: `${cardinalWords(pence[1]!)} ${isOne(pence[1]!) ? 'penny' : 'pence'}${per ? ` ${per.say}` : ''}`,
    };
  }
  const several = matchAt(SEVERAL_FOR, site);
  if (several) return { end: site.at + several[0].length, say: `${cardinalWords(several[1]!)} for` };
  const before = matchAt(BEFORE, site);
  if (before) {
    const [all, minus, symbol, innerMinus, low, high, scale] = before;
    return finish(site, all, `${minus}${innerMinus}` !== '', symbol!, low!, high, scale);
  }
  const after = matchAt(AFTER, site);
  if (!after) return null;
  const [all, low, high, scale, symbol] = after;
  return finish(site, all, false, symbol!, low!, high, scale);
}

const HEADLINE_BEFORE = new Set(context.amounts.headlineBefore.split(' '));
const NOT_DESCRIBED = new Set(context.amounts.notDescribed.split(' '));

/** "in $4B fraud", "wins $10K prize": a headline leaves out the article before an amount with its scale. */
function describes(site: Site, all: string, end: number): boolean {
  if (!/[\dmMbBkKtT]$|illion$/.test(all) || site.text[end] !== ' ') return false;
  if (
    /^(?:the|this|that|our|his|her)$/i.test(wordBefore(site)) &&
    /^ [A-Z][a-z]+ [A-Z]/.test(site.text.slice(end, end + 40))
  )
    return true;
  const next = /^ ([a-z]{3,})(?:$|[ ,;.:!?])/.exec(site.text.slice(end, end + 24))?.[1];
  if (next === undefined || NOT_DESCRIBED.has(next) || isNotNoun(next)) return false;
  const before = wordBefore(site).toLowerCase();
  const scaled = /[mMbBkKnN]$/.test(all);
  // "$5M seed round": nothing before, and a noun of money after.
  return (scaled && HEADLINE_BEFORE.has(before)) || (scaled && FUNDS.test(site.text.slice(end, end + 16)));
}
const FUNDS =
  /^ (?:seed|loan|grant|deal|contract|fund|budget|home|house|mansion|lawsuit|settlement|fine|bailout|project|round|prize|bonus|salary|investment|valuation|acquisition|buyout|jackpot|heist|donation|gift)(?![a-z])/;

function finish(
  site: Site,
  all: string,
  negative: boolean,
  symbol: string,
  low: string,
  high: string | undefined,
  scale: string | undefined,
): Reading | null {
  let end = site.at + all.length;
  if (insideWord(site.text, end)) return null;
  // "INR 2.5" is how fast blood clots; rupees have no single decimal.
  if (symbol === 'INR' && /^\d\.\d$/.test(low)) return null;
  const named = matchAt(NAMED_AFTER, { text: site.text, at: end });
  let currency = CURRENCIES.get(symbol)!;
  if (named && /[$€£¥₹]$/.test(symbol) && CURRENCIES.has(named[1]!)) {
    currency = CURRENCIES.get(named[1]!)!;
    end += named[0].length;
  }
  const attributive = isAttributive(site, end) || /\d-[a-z]/.test(all) || describes(site, all, end);
  const sum = {
    low: american(low),
    high,
    scale: scaleWord(scale),
    currency,
    attributive,
  };
  const each = / (?:pp|p\.p\.)(?![A-Za-z])/y;
  const person = matchAt(each, { text: site.text, at: end });
  const per = person ? { end: end + person[0].length, say: 'per person' } : perUnitWords(site.text, end);
  return {
    end: per?.end ?? end,
    say: `${negative ? 'minus ' : ''}${sumWords(sum)}${per ? ` ${per.say}` : ''}`,
  };
}
