// Sums of money: the unit is said after the amount, its parts apart, its scale between ("$3.5 million").
import currencies from '../data/currencies.json' with { type: 'json' };
import numbers from '../data/numbers.json' with { type: 'json' };
import { isAttributive, perUnitWords } from './amounts.js';
import { cardinalWords, isOne, NUMBER, numberWords } from './numbers.js';
import { alternatives, insideWord, matchAt, type Reading, type Site, sticky } from './reader.js';

type Currency = [unit: string, units: string, part: string, parts: string];
const CURRENCIES = new Map(Object.entries(currencies) as [string, Currency][]);
const NAMES = alternatives(CURRENCIES.keys());
const SCALE = '(?:[ -]?(thousand|million|billion|trillion|mln|mn|mm|MM|bn|tn|[kKmMbBT])(?![A-Za-z0-9]))?';
const SCALES = new Map(Object.entries(numbers.shortScales));

/** 1.234,56 as Europe writes it: only beside a currency is it certain. */
const EUROPEAN = '(?:\\d{1,3}(?:\\.\\d{3}){1,5},\\d{2}|\\d{1,6},\\d{2})(?![\\d,.]\\d|\\d)';
const AMOUNT = `(?:${EUROPEAN}|${NUMBER})`;
const BEFORE = sticky(`(-?)(${NAMES}) ?(-?)(${AMOUNT})(?: ?[-–] ?(?:${NAMES})?(${NUMBER}))?${SCALE}`);
const AFTER = sticky(`(${AMOUNT})(?: ?[-–] ?(${NUMBER}))?${SCALE} ?(${NAMES})(?![A-Za-z0-9])`);
const CENTS = sticky(`(${NUMBER}) ?(¢)`);
const PENCE = sticky('(\\d{1,2})p(?![A-Za-z0-9])');

export function scaleWord(written: string | undefined): string {
  return written === undefined ? '' : (SCALES.get(written.toLowerCase()) ?? written);
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

export function readMoney(site: Site): Reading | null {
  const cents = matchAt(CENTS, site);
  if (cents) {
    return {
      end: site.at + cents[0].length,
      say: `${numberWords(cents[1]!)} ${isOne(cents[1]!) ? 'cent' : 'cents'}`,
    };
  }
  const pence = matchAt(PENCE, site);
  if (pence)
    return {
      end: site.at + pence[0].length,
      say: `${cardinalWords(pence[1]!)} ${isOne(pence[1]!) ? 'penny' : 'pence'}`,
    };
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

function finish(
  site: Site,
  all: string,
  negative: boolean,
  symbol: string,
  low: string,
  high: string | undefined,
  scale: string | undefined,
): Reading | null {
  const end = site.at + all.length;
  if (insideWord(site.text, end)) return null;
  const attributive = isAttributive(site, end) || /\d-[a-z]/.test(all);
  const sum = {
    low: american(low),
    high,
    scale: scaleWord(scale),
    currency: CURRENCIES.get(symbol)!,
    attributive,
  };
  const per = perUnitWords(site.text, end);
  return {
    end: per?.end ?? end,
    say: `${negative ? 'minus ' : ''}${sumWords(sum)}${per ? ` ${per.say}` : ''}`,
  };
}
