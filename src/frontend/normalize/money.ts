// Sums of money: the unit is said after the amount, its parts apart, its scale between ("$3.5 million").
import { isAttributive } from './attributive.js';
import { cardinalWords, isOne, NUMBER, numberWords } from './cardinals.js';
import currencies from './data/currencies.json' with { type: 'json' };
import { perUnitWords } from './per.js';
import { insideWord, matchAt, type Reading, type Site, sticky } from './site.js';

type Currency = [unit: string, units: string, part: string, parts: string];
const CURRENCIES = new Map(Object.entries(currencies) as [string, Currency][]);
const quoted = (text: string) => text.replace(/[$.]/g, '\\$&');
const NAMES = [...CURRENCIES.keys()]
  .sort((a, b) => b.length - a.length)
  .map(quoted)
  .join('|');
const SCALE = '(?: ?(thousand|million|billion|trillion|mln|mn|bn|tn|[kKmMbBT])(?![A-Za-z0-9]))?';
const SCALES = new Map(
  Object.entries({
    k: 'thousand',
    m: 'million',
    mn: 'million',
    mln: 'million',
    b: 'billion',
    bn: 'billion',
    t: 'trillion',
    tn: 'trillion',
  }),
);

const BEFORE = sticky(`(-?)(${NAMES}) ?(-?)(${NUMBER})(?: ?[-–] ?(?:${NAMES})?(${NUMBER}))?${SCALE}`);
const AFTER = sticky(`(${NUMBER})(?: ?[-–] ?(${NUMBER}))?${SCALE} ?(${NAMES})(?![A-Za-z0-9])`);
const CENTS = sticky(`(${NUMBER}) ?(¢)`);

export function scaleWord(written: string | undefined): string {
  return written === undefined ? '' : (SCALES.get(written.toLowerCase()) ?? written);
}

interface Sum {
  low: string;
  high: string | undefined;
  scale: string;
  currency: Currency;
  attributive: boolean;
}

/** A sum in words: "5.20", dollars -> "five dollars and twenty cents". */
export function sumWords(sum: Sum): string {
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
  const attributive = isAttributive(site, end);
  const sum = { low, high, scale: scaleWord(scale), currency: CURRENCIES.get(symbol)!, attributive };
  const per = perUnitWords(site.text, end);
  return {
    end: per?.end ?? end,
    say: `${negative ? 'minus ' : ''}${sumWords(sum)}${per ? ` ${per.say}` : ''}`,
  };
}
