// Chooses among the readings of a homograph ("lead", "record", "live") by the words around it.

import type { Role, SpokenWord } from '../../spoken-sentence.js';
import table from '../data/homographs.json' with { type: 'json' };
import { classOf, contextScores, type PartOfSpeech } from './homograph-context.js';
import { isTitleCase, lineFeature } from './homograph-line.js';
import { withS } from './inflect.js';

/** One way to speak a homograph. */
interface HomographReading {
  /** Its name in homographs.json: a part of speech or a sense. */
  name: string;
  /** Phones; empty where the reading is spoken as the word usually is. */
  phones: readonly string[];
  /** Parts of speech that it occurs as: the best-fitting one counts. */
  as: readonly PartOfSpeech[];
  /** Head start. */
  bias: number;
  /** Added where the text has a capital letter inside a sentence, subtracted where it has a small one. */
  capital: number;
  /** Added for a word anywhere in the sentence, right after, right before. */
  near: Readonly<Record<string, number>>;
  next: Readonly<Record<string, number>>;
  previous: Readonly<Record<string, number>>;
  /** Added for the class (homograph-context.ts) of the word after the next. */
  afterNext: Readonly<Record<string, number>>;
  /** Added at the start of a line without a verb (homograph-line.ts). */
  line: number;
}

interface SenseData {
  name: string;
  phones: string;
  as: string[];
  bias?: number;
  capital?: number;
  near?: Record<string, number>;
  next?: Record<string, number>;
  previous?: Record<string, number>;
  afterNext?: Record<string, number>;
  line?: number;
}

/** What one reading of table.nounOrVerb adds to its part of speech. */
type Cues = Partial<Record<'noun' | 'verb', Partial<HomographReading>>>;

const CUES = table.cues as Readonly<Record<string, Cues>>;

interface Entry {
  readings: readonly HomographReading[];
  /** An -s form, plural or third person. */
  third: boolean;
}

/** Plurals of nouns whose last sound changes. */
const PLURALS: ReadonlyMap<string, string> = new Map(Object.entries(table.plurals));

const ENTRIES: ReadonlyMap<string, Entry> = build();

const STRONG: ReadonlyMap<string, string> = new Map(Object.entries(table.strongBeforePause));

/**
 * The full form of a word that is weak in running speech, where words[at] stands before a pause: "Yes, I
 * can."
 */
export function strongForm(words: readonly SpokenWord[], at: number): string[] | undefined {
  const { text, boundary } = words[at]!;
  return at === words.length - 1 || boundary !== '_' ? STRONG.get(text)?.split(' ') : undefined;
}

/** Every homograph's spelling. */
export function homographSpellings(): string[] {
  return [...ENTRIES.keys()];
}

/** The readings of a spelling; empty where it is no homograph. */
export function homographReadings(spelling: string): readonly HomographReading[] {
  return ENTRIES.get(spelling)?.readings ?? [];
}

/**
 * The reading that fits words[at] best, or undefined where that word is no homograph. `source` is the text
 * that the words' spans point into, where there is one: its capitals tell Polish from polish.
 */
export function chooseReading(
  words: readonly SpokenWord[],
  at: number,
  source?: string,
): HomographReading | undefined {
  const entry = ENTRIES.get(words[at]!.text);
  if (entry === undefined) return undefined;
  const line = source === undefined ? undefined : lineFeature(words, at, source);
  const scores = contextScores(words, at, entry.third, line);
  const named = line === 'title' || line === 'label' || line === 'alone' ? 1 : 0;
  const previous = at > 0 ? words[at - 1]!.text : '';
  const next = words[at + 1]?.text ?? '';
  const afterNext = at + 2 < words.length ? classOf(words[at + 2]!.text) : '';
  const capital = capitalEvidence(words, at, source);
  const [from, to] = clauseAround(words, at);
  let best = entry.readings[0]!;
  let highest = Number.NEGATIVE_INFINITY;
  for (const reading of entry.readings) {
    let score = reading.bias + Math.max(...reading.as.map((part) => scores[part]));
    score +=
      weight(reading.previous, previous) +
      weight(reading.next, next) +
      weight(reading.afterNext, afterNext) +
      capital * reading.capital +
      named * reading.line;
    for (let i = from; i <= to; i++) {
      if (i !== at) score += weight(reading.near, words[i]!.text);
    }
    if (score > highest) [best, highest] = [reading, score];
  }
  return best;
}

/** Words looked at to either side for cues. */
const REACH = 12;

/** The first and the last word of the clause around words[at]: cues do not reach across a semicolon. */
function clauseAround(words: readonly SpokenWord[], at: number): [from: number, to: number] {
  const parts = (i: number): boolean => /[;:.!?]/.test(words[i]!.boundary);
  let from = at;
  while (from > 0 && from > at - REACH && !parts(from - 1)) from -= 1;
  let to = at;
  while (to < words.length - 1 && to < at + REACH && !parts(to)) to += 1;
  return [from, to];
}

/** 1 for a capital inside a sentence, -1 for a word in small letters, 0 where the text is no evidence. */
function capitalEvidence(words: readonly SpokenWord[], at: number, source: string | undefined): -1 | 0 | 1 {
  const written = source?.slice(...words[at]!.span);
  if (source === undefined || written === undefined) return 0;
  if (written === words[at]!.text) return -1;
  if (at === 0 || !/^\p{Lu}\p{Ll}/u.test(written)) return 0;
  // In a title every word has one.
  return isTitleCase(words, Math.max(0, at - REACH), Math.min(words.length - 1, at + REACH), source) ? 0 : 1;
}

function own<Value>(values: Readonly<Record<string, Value>>, word: string): Value | undefined {
  return Object.hasOwn(values, word) ? values[word] : undefined;
}

function weight(weights: Readonly<Record<string, number>>, word: string): number {
  return own(weights, word) ?? 0;
}

function build(): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const plain = { bias: 0, capital: 0, near: {}, next: {}, previous: {}, afterNext: {}, line: 0 };
  for (const [word, [nominal, verbal]] of Object.entries(table.nounOrVerb) as [string, [string, string]][]) {
    const noun: HomographReading = {
      ...plain,
      name: 'noun',
      phones: nominal.split(' '),
      as: ['noun', 'adj'],
      ...own(CUES, word)?.noun,
    };
    const verb: HomographReading = {
      ...plain,
      name: 'verb',
      phones: verbal.split(' '),
      as: ['verb'],
      ...own(CUES, word)?.verb,
    };
    entries.set(word, { readings: [noun, verb], third: false });
    const plural = {
      ...noun,
      phones: PLURALS.get(word)?.split(' ') ?? withS(noun.phones),
      as: ['noun' as const],
    };
    entries.set(inflected(word), {
      readings: [plural, { ...verb, phones: withS(verb.phones) }],
      third: true,
    });
  }
  for (const [word, senses] of Object.entries(table.senses) as [string, SenseData[]][]) {
    const readings = senses.map((sense) => ({
      ...plain,
      ...sense,
      phones: sense.phones === '' ? [] : sense.phones.split(' '),
      as: sense.as as PartOfSpeech[],
    }));
    entries.set(word, { readings, third: /[^s]s$/.test(word) && word !== 'does' });
  }
  return entries;
}

function inflected(word: string): string {
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return /(?:[sx]|ch|sh)$/.test(word) ? `${word}es` : `${word}s`;
}

/** The phones of a homograph as the part of speech that its author names; undefined where it has no such. */
export function readingAs(word: string, role: Role): readonly string[] | undefined {
  const readings = ENTRIES.get(word)?.readings ?? [];
  const chosen = role === 'other' ? readings[1] : readings.find(({ as }) => as.includes(role));
  return chosen && chosen.phones.length > 0 ? chosen.phones : undefined;
}
