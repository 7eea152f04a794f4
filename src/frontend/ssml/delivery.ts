// The values of <prosody>, <emphasis> and <break> as numbers: factors of speed multiply, semitones and dB
// add.
import { VoirsError } from '../../errors.js';
import names from '../data/ssml-prosody.json' with { type: 'json' };
import type { Delivery } from '../spoken-sentence.js';
import { excerpt } from './ssml-error.js';

export const USUAL: Delivery = { rate: 1, pitchShift: 0, gain: 0 };

/** The range of nested elements together; a gain below it is silence. */
const RANGES = { rate: [0.1, 10], pitchShift: [-48, 48], gain: [-100, 40] } as const;

/** Longest break, in seconds. */
const LONGEST_BREAK = 60;

const NUMBER = '(\\d{1,9}(?:\\.\\d{0,9})?|\\.\\d{1,9})';
const pattern = (unit: string) => new RegExp(`^([+-]?)${NUMBER}${unit}$`, 'i');
const PERCENT = pattern('%');
const SEMITONES = pattern('st');
const HERTZ = pattern('hz');
const DECIBELS = pattern('db');
const FACTOR = pattern('');
const TIME = pattern('(ms|s)');

/** An error without a place, which the caller adds. */
function unreadable(attribute: string, value: string, wanted: string): VoirsError {
  return new VoirsError('INVALID_SSML', `${attribute} cannot be read`, {
    got: JSON.stringify(excerpt(value)),
    wanted,
  });
}

function named(table: Readonly<Record<string, number>>, value: string): number | undefined {
  return Object.hasOwn(table, value) ? table[value] : undefined;
}

function signed(match: RegExpExecArray): number {
  return (match[1] === '-' ? -1 : 1) * Number(match[2]);
}

/**
 * The delivery inside a <prosody>. Names, factors and differences act on what is around the element;
 * `default` is the voice's own way, and a pitch in Hz without a sign is absolute.
 * @param meanHz of the voice.
 * @throws VoirsError INVALID_SSML.
 */
export function prosody(around: Delivery, attributes: ReadonlyMap<string, string>, meanHz: number): Delivery {
  const value = (name: string) => attributes.get(name)?.trim();
  return checked({
    rate: rateOf(value('rate'), around.rate),
    pitchShift: pitchOf(value('pitch'), around.pitchShift, meanHz),
    gain: gainOf(value('volume'), around.gain),
  });
}

/** @throws VoirsError INVALID_SSML. */
export function emphasis(around: Delivery, level = 'moderate'): Delivery {
  if (!Object.hasOwn(names.emphasis, level)) {
    throw unreadable('level', level, Object.keys(names.emphasis).join(', '));
  }
  const { rate, pitchShift, gain } = names.emphasis[level as keyof typeof names.emphasis];
  return checked({
    rate: around.rate * rate,
    pitchShift: around.pitchShift + pitchShift,
    gain: around.gain + gain,
  });
}

/** Seconds of a <break>; a time counts for more than a strength. @throws VoirsError INVALID_SSML. */
export function breakSeconds(time: string | undefined, strength = 'medium'): number {
  const seconds = named(names.break, strength);
  if (seconds === undefined) throw unreadable('strength', strength, Object.keys(names.break).join(', '));
  if (time === undefined) return seconds;
  const match = TIME.exec(time.trim());
  const given = match && signed(match) / (match[3]!.toLowerCase() === 'ms' ? 1000 : 1);
  if (given === null || match![1] === '-' || given > LONGEST_BREAK) {
    throw unreadable('time', time, `0s to ${LONGEST_BREAK}s, as 500ms or 1.5s`);
  }
  return given;
}

function rateOf(value: string | undefined, around: number): number {
  if (value === undefined) return around;
  if (value === 'default') return 1;
  const factor = named(names.rate, value);
  if (factor !== undefined) return around * factor;
  const percent = PERCENT.exec(value);
  if (percent) return (around * (percent[1] ? 100 + signed(percent) : signed(percent))) / 100;
  const number = FACTOR.exec(value);
  if (number && !number[1]) return around * signed(number);
  throw unreadable('rate', value, `${Object.keys(names.rate).join(', ')}, default, 80%, +10% or a factor`);
}

function pitchOf(value: string | undefined, around: number, meanHz: number): number {
  if (value === undefined) return around;
  if (value === 'default') return 0;
  const difference = named(names.pitch, value);
  if (difference !== undefined) return around + difference;
  const semitones = SEMITONES.exec(value);
  if (semitones?.[1]) return around + signed(semitones);
  const percent = PERCENT.exec(value);
  if (percent?.[1]) return around + toSemitones(1 + signed(percent) / 100);
  const hertz = HERTZ.exec(value);
  if (hertz && !hertz[1]) return toSemitones(signed(hertz) / meanHz);
  if (hertz) return around + toSemitones(1 + signed(hertz) / (meanHz * 2 ** (around / 12)));
  throw unreadable(
    'pitch',
    value,
    `${Object.keys(names.pitch).join(', ')}, default, +10%, +2st, +20Hz or 200Hz`,
  );
}

function gainOf(value: string | undefined, around: number): number {
  if (value === undefined) return around;
  if (value === 'default') return 0;
  const difference = named(names.volume, value);
  if (difference !== undefined) return around + difference;
  const decibels = DECIBELS.exec(value);
  if (decibels) return around + signed(decibels);
  throw unreadable('volume', value, `${Object.keys(names.volume).join(', ')}, default, +6dB or -6dB`);
}

/** A factor of frequency in semitones; NaN where there is none. */
function toSemitones(factor: number): number {
  return factor > 0 ? 12 * Math.log2(factor) : Number.NaN;
}

function checked(delivery: Delivery): Delivery {
  const gain = Math.max(RANGES.gain[0], delivery.gain);
  const result = { ...delivery, gain };
  for (const [name, [min, max]] of Object.entries(RANGES) as [
    keyof typeof RANGES,
    readonly [number, number],
  ][]) {
    if (result[name] >= min && result[name] <= max) continue;
    throw new VoirsError('INVALID_SSML', `the ${LABELS[name]} goes too far`, {
      got: Number.isNaN(result[name]) ? 'no pitch at all' : String(Number(result[name].toPrecision(4))),
      wanted: `${min} to ${max}, nested elements together`,
    });
  }
  return result;
}

const LABELS = { rate: 'rate', pitchShift: 'pitch (semitones)', gain: 'volume (dB)' } as const;
