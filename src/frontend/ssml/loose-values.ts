// The values of attributes as vendors spell them, in the spelling of the standard: "+20" for +20 %, "2st" for
// +2st, a volume of 50 for -6dB, "1 sec" for 1s, "X-Loud" for x-loud.
import { alphabetNamed } from '../phonetic-alphabets.js';

type Attributes = ReadonlyMap<string, string>;

const NUMBER = '([+-]?)((?:\\d{1,6}(?:\\.\\d{0,6})?|\\.\\d{1,6}))';
const SCALAR = new RegExp(`^${NUMBER}$`);
const PERCENT = new RegExp(`^${NUMBER}(?:%|percent)$`);
const TIME = new RegExp(`^${NUMBER}(ms|msec|millis|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|)$`);

/** The attributes of an element in the standard's spelling; what is not known stays as it is. */
export function looseValues(element: string, attributes: Attributes): ReadonlyMap<string, string> {
  const read = READ[element];
  if (!read) return attributes;
  return new Map([...attributes].map(([name, value]) => [name, read(name, value.trim())]));
}

const READ: Readonly<Record<string, (name: string, value: string) => string>> = {
  break: (name, value) => (name === 'time' ? looseTime(value) : plain(value)),
  emphasis: (_, value) => plain(value),
  phoneme: (name, value) => {
    if (name === 'alphabet') return alphabetNamed(value) ?? value;
    return name === 'ph' ? (/^[/[](.*)[/\]]$/su.exec(value)?.[1] ?? value) : value;
  },
  prosody: (name, value) => {
    const spelled = plain(value);
    if (name === 'rate') return looseRate(spelled);
    if (name === 'pitch') return loosePitch(spelled);
    return name === 'volume' ? looseVolume(spelled) : spelled;
  },
};

/** In small letters, without spaces, with a plain minus: "- 3 dB" is -3db. */
function plain(value: string): string {
  return value.toLowerCase().replace(/\s+/g, '').replace(/_/g, '-').replace(/^[−–]/, '-');
}

/** A number alone is a factor up to 10, a percentage above; with a sign it is a difference in per cent. */
function looseRate(value: string): string {
  const match = SCALAR.exec(value);
  if (!match) return value.replace(/percent$/, '%');
  const [, sign, number] = match;
  if (sign !== '') return `${value}%`;
  return Number(number) > 10 ? `${number}%` : number!;
}

/** A small number alone is semitones, one of 50 or more is Hz; a percentage alone is of the usual pitch. */
export function loosePitch(value: string): string {
  const percent = PERCENT.exec(value);
  if (percent && percent[1] === '') return signed(Number(percent[2]) - 100, '%');
  const semitones = new RegExp(`^${NUMBER}(?:st|semitones?)$`).exec(value);
  if (semitones) return `${semitones[1] || '+'}${semitones[2]}st`;
  const match = SCALAR.exec(value);
  if (!match) return value;
  const [, sign, number] = match;
  if (Number(number) >= 50) return `${sign}${number}hz`;
  return `${sign || '+'}${number}st`;
}

/** A number from 0 to 100 is of the usual loudness, as is a percentage; with a sign it is added to 100. */
function looseVolume(value: string): string {
  const match = PERCENT.exec(value) ?? SCALAR.exec(value);
  if (!match) return value;
  const [, sign, number] = match;
  const share = sign === '' ? Number(number) : 100 + Number(`${sign}${number}`);
  if (share <= 0) return 'silent';
  return signed(20 * Math.log10(share / 100), 'db');
}

function signed(number: number, unit: string): string {
  return `${number < 0 ? '-' : '+'}${Math.abs(number).toFixed(3)}${unit}`;
}

/** A number alone is seconds up to 60, milliseconds above; at most a minute. */
export function looseTime(value: string): string {
  const match = TIME.exec(plain(value));
  if (!match || match[1] === '-') return value;
  const [, , number, unit = ''] = match;
  const amount = Number(number);
  const seconds = /^(?:ms|milli)/.test(unit)
    ? amount / 1000
    : /^m/.test(unit)
      ? amount * 60
      : unit === '' && amount > 60
        ? amount / 1000
        : amount;
  return `${Number(Math.min(60, seconds).toFixed(4))}s`;
}
