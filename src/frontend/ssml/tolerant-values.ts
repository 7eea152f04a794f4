// What tolerant reading makes of <prosody> and <say-as>: each attribute for itself, vendors' kinds of content,
// and the movement of pitch and the length of time that the standard describes.
import { VoirsError } from '../../errors.js';
import table from '../data/ssml-tolerant.json' with { type: 'json' };
import type { Delivery, Role } from '../spoken-sentence.js';
import type { Frame } from './apply-element.js';
import { prosody, USUAL } from './delivery.js';
import { loosePitch, looseTime } from './loose-values.js';
import type { MarkedText } from './marked-text.js';
import { romanValue } from './roman-value.js';
import type { SsmlContext, SsmlWords } from './ssml-document.js';

const CONTOUR = /\(\s*\+?(\d{1,3}(?:\.\d{1,4})?)\s*%\s*[, ]\s*([^()\s]{1,20})\s*\)/g;
const RANGES: Readonly<Record<string, number>> = {
  'x-low': 0.4,
  low: 0.7,
  medium: 1,
  high: 1.3,
  'x-high': 1.6,
};

/**
 * Applies the attributes of a <prosody>, those that can be read.
 * @param passOver told of each that cannot.
 */
export function applyProsody(
  frame: Frame,
  marked: MarkedText,
  context: SsmlContext,
  passOver: (attribute: string) => void,
): void {
  const id = frame.manner.voice ?? context.voice;
  const { meanHz } = context.voices.find((voice) => voice.id === id) ?? context.voices[0]!;
  const manner = { ...frame.manner };
  for (const [name, value] of frame.attributes) {
    if (name === 'rate' || name === 'pitch' || name === 'volume') {
      const delivery = attempted(() => prosody(manner.delivery, new Map([[name, value]]), meanHz));
      if (delivery) manner.delivery = delivery;
      else passOver(name);
    } else if (name === 'contour') {
      const points = contourPoints(value, meanHz);
      if (points) manner.contour = { from: marked.length, to: Number.POSITIVE_INFINITY, points };
      else passOver(name);
    } else if (name === 'range') {
      const range = rangeOf(value);
      if (range === undefined) passOver(name);
      else manner.delivery = { ...manner.delivery, pitchRange: range };
    } else if (name === 'duration') {
      const seconds = Number(/^(\d*\.?\d+)s$/.exec(looseTime(value))?.[1] ?? 0);
      if (seconds > 0) manner.length = { seconds };
      else passOver(name);
    }
  }
  frame.manner = manner;
}

function attempted<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    if (error instanceof VoirsError) return undefined;
    throw error;
  }
}

/** "(0%,+20Hz) (50%,-10%)": shares of the way with their differences of pitch. */
function contourPoints(value: string, meanHz: number): { at: number; semitones: number }[] | undefined {
  const points = [...value.matchAll(CONTOUR)].flatMap(([, share, pitch]) => {
    const change = new Map([['pitch', loosePitch(pitch!.toLowerCase())]]);
    const delivery: Delivery | undefined = attempted(() => prosody(USUAL, change, meanHz));
    return delivery ? [{ at: Math.min(1, Number(share) / 100), semitones: delivery.pitchShift }] : [];
  });
  return points.length > 0 ? points.sort((a, b) => a.at - b.at) : undefined;
}

/** Times the movement of pitch: a name, a percentage, a difference in per cent or semitones, a ratio. */
function rangeOf(value: string): number | undefined {
  if (value === 'default') return 1;
  if (Object.hasOwn(RANGES, value)) return RANGES[value];
  const semitones = /^([+-]\d{1,2}(?:\.\d{1,3})?)st$/.exec(value)?.[1];
  if (semitones !== undefined) return Math.min(3, 2 ** (Number(semitones) / 12));
  const ratio = /^(\d(?:\.\d{1,4})?|\.\d{1,4})x?$/.exec(value)?.[1];
  if (ratio !== undefined) return Math.min(3, Number(ratio));
  const [, sign, number] = /^([+-]?)(\d{1,3}(?:\.\d{1,3})?)%$/.exec(value) ?? [];
  if (number === undefined) return undefined;
  const factor = (sign === '' ? 0 : 100) + Number(`${sign}${number}`);
  return Math.min(3, Math.max(0, factor / 100));
}

const KINDS: ReadonlyMap<string, string> = new Map(Object.entries(table.sayAs));

/**
 * The attributes of a <say-as> in the standard's terms; undefined where its content is to be read as text.
 */
export function readSayAs(
  content: string,
  attributes: ReadonlyMap<string, string>,
  { durationWords }: SsmlWords,
): ReadonlyMap<string, string> | undefined {
  const named = attributes.get('interpret-as') ?? attributes.get('type') ?? '';
  const written = named
    .trim()
    .toLowerCase()
    .replace(/^vxml:/, '');
  const format = (attributes.get('format') ?? '').trim().toLowerCase();
  const kind = KINDS.get(`${written}:${format}`) ?? KINDS.get(written) ?? written;
  // A name in capitals is no initialism: "ED".
  if (written === 'name' && /^[A-Z]{2,20}(?:[ -][A-Z]{2,20}){0,4}$/.test(content) && /[AEIOUY]/.test(content))
    return sub('verbatim-words', content.toLowerCase().replaceAll('-', ' '));
  // "10 foot" and "5 km" are read in a text as well, with more units.
  if (kind === '' || kind === 'text' || (kind === 'unit' && /^[-+.\d]/.test(content))) return undefined;
  if (kind === 'duration' || (kind === 'time' && /^\d+'/.test(content))) {
    const words = durationWords(content, format);
    return words === undefined ? undefined : sub('verbatim-words', words);
  }
  const roman =
    kind === 'ordinal' || kind === 'cardinal' || kind === 'number' ? romanValue(content) : undefined;
  if (roman !== undefined) {
    const isOrdinal = kind === 'ordinal' || format === 'ordinal';
    return sub(isOrdinal ? 'ordinal' : 'cardinal', undefined, String(roman));
  }
  if (kind === 'date') return dateAttributes(content, format);
  const isKnown = kind !== 'time' || /^h(?:ms?)?(?:12|24)?$/.test(format);
  return new Map([
    ['interpret-as', kind],
    ...(format !== '' && isKnown && kind !== 'digits' ? [['format', format] as const] : []),
  ]);
}

/** The content in other words, or in other digits. */
function sub(kind: string, words: string | undefined, content?: string): ReadonlyMap<string, string> {
  return new Map([
    ['interpret-as', kind],
    ...(words === undefined ? [] : [['say', words] as const]),
    ...(content === undefined ? [] : [['content', content] as const]),
  ]);
}

/** "yyyymmdd" is ymd, also of digits without signs between them; "????0922" has no year. */
function dateAttributes(content: string, format: string): ReadonlyMap<string, string> {
  const date = new Map([['interpret-as', 'date']]);
  const runs = format.match(/d+|m+|y+/g) ?? [];
  const order = runs.map((run) => run[0]!).join('');
  if (/^\?{4}\d{4}$/.test(content)) {
    return date.set('format', 'md').set('content', `${content.slice(4, 6)}/${content.slice(6)}`);
  }
  if (order === '' && /^(?:1[5-9]|20)\d{6}$/.test(content)) return dateAttributes(content, 'ymd');
  if (order === '' || order.length > 3) return date;
  if (!/^\d{4,8}$/.test(content) || order.length < 2) return date.set('format', order);
  const yearLength = content.length - 2 * (order.length - 1);
  let at = 0;
  const parts = [...order].map((letter) => {
    const length = letter === 'y' ? yearLength : 2;
    at += length;
    return content.slice(at - length, at);
  });
  return date.set('format', order).set('content', parts.join('/'));
}

const ROLES: Readonly<Record<string, Role>> = {
  vb: 'verb',
  vbp: 'verb',
  vbd: 'past',
  vbn: 'past',
  nn: 'noun',
  jj: 'adj',
  'sense-1': 'other',
};

/** The part of speech that a vendor's role names: "amazon:VBD". */
export function roleOf(role: string | undefined): Role | undefined {
  const name = role?.trim().toLowerCase().replace(/^.*:/, '').replaceAll('_', '-') ?? '';
  return Object.hasOwn(ROLES, name) ? ROLES[name] : undefined;
}
