// Puts the author's directions on their words, in one walk over the words, the events and the manners.
import type { Delivery, Directions, SpokenSentence, SpokenWord } from '../spoken-sentence.js';
import type { Steps } from '../steps.js';
import type { Span } from '../utterance.js';
import type { GivenWords, Manner, MarkedText, TargetLength, TextEvent } from './marked-text.js';
import type { SsmlWords } from './ssml-document.js';
import { ssmlError } from './ssml-error.js';

/** Longest silence in one place, in seconds: what a sentence's pause may be. */
const LONGEST_SILENCE = 60;

/** A word with its place in the marked text. */
interface PlacedWord {
  at: number;
  end: number;
  word: SpokenWord;
}

/**
 * Words with directions and spans into the markup, one sentence a step.
 * @param sentences with spans into the marked text.
 * @throws VoirsError INVALID_SSML where breaks together are too long.
 */
export function* directing(
  source: string,
  marked: MarkedText,
  sentences: SpokenSentence[],
  language: SsmlWords,
): Steps<SpokenSentence[]> {
  const given = new Cursor(marked.given);
  const events = new Cursor(marked.events);
  const origin = { source, cutsBreaks: marked.cutsBreaks };
  let previous: { sentence: SpokenSentence; word: SpokenWord } | undefined;
  let lastSpan: Span | undefined;
  const lengths = new Map<TargetLength, SpokenWord[]>();
  const directed: SpokenSentence[] = [];
  for (const sentence of sentences) {
    const words: SpokenWord[] = [];
    const result: SpokenSentence = { ...sentence, words, span: marked.sourceOf(sentence.span) };
    for (const { at, end, word } of placedWords(sentence, marked, given, language)) {
      word.span = apart(lastSpan, word.span);
      lastSpan = word.span;
      const manner = marked.mannerOf(at, end);
      const { voice, length, role } = manner;
      const delivery = bent(manner, (at + end) / 2);
      word.directions = { delivery, ...(voice === undefined ? {} : { voice }) };
      if (role) word.role = role;
      if (length) addTo(lengths, length, word);
      place(
        origin,
        events.upTo(at, (event) => event.at),
        previous,
        { sentence: result, word },
      );
      words.push(word);
      previous = { sentence: result, word };
    }
    directed.push(result);
    yield;
  }
  if (previous)
    place(
      origin,
      events.upTo(Number.POSITIVE_INFINITY, (event) => event.at),
      previous,
      undefined,
    );
  let element = 0;
  for (const [{ seconds }, words] of lengths) fit(words, element++, seconds);
  return directed;
}

function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

/** The delivery where a contour of pitch has got to. */
function bent({ delivery, contour }: Manner, at: number): Delivery {
  if (!contour) return delivery;
  const { from, to, points } = contour;
  const share = (at - from) / Math.max(1, to - from);
  const after = points.find((point) => point.at >= share) ?? points.at(-1)!;
  const before = [...points].reverse().find((point) => point.at <= share) ?? points[0]!;
  const way = after.at > before.at ? (share - before.at) / (after.at - before.at) : 0;
  const semitones = before.semitones + way * (after.semitones - before.semitones);
  return { ...delivery, pitchShift: Math.min(48, Math.max(-48, delivery.pitchShift + semitones)) };
}

/**
 * Gives each word of an element its share of the element's time, by its letters: the shares add up where a long
 * element is spoken in several runs of the model.
 */
function fit(words: readonly SpokenWord[], element: number, seconds: number): void {
  const letters = words.reduce((sum, { text }) => sum + text.length + 1, 0);
  for (const { text, directions } of words) {
    if (directions) directions.length = { element, seconds: (seconds * (text.length + 1)) / letters };
  }
}

/** Takes the elements of a list in order. */
class Cursor<T> {
  private next = 0;
  constructor(private readonly list: readonly T[]) {}

  /** Those not yet taken that stand at `limit` or before. */
  upTo(limit: number, placeOf: (element: T) => number): T[] {
    const taken: T[] = [];
    while (this.next < this.list.length && placeOf(this.list[this.next]!) <= limit) {
      taken.push(this.list[this.next]!);
      this.next += 1;
    }
    return taken;
  }
}

/** The words of a sentence, those that markup gives in the place of their placeholders. */
function placedWords(
  sentence: SpokenSentence,
  marked: MarkedText,
  given: Cursor<GivenWords>,
  { possessive }: SsmlWords,
): PlacedWord[] {
  const placed: PlacedWord[] = [];
  let readSpan: Span | undefined;
  for (const word of sentence.words) {
    const [from, to] = word.span;
    const isContinued = readSpan === word.span;
    readSpan = word.span;
    const inside = given.upTo(to - 1, ({ at }) => at);
    const read = { ...word, span: marked.sourceOf(word.span) };
    if (inside.length === 0) {
      placed.push({ at: from, end: to, word: read });
      continue;
    }
    // The placeholder stands alone; only a possessive joins it.
    const first = inside[0]!;
    const isAlone = first.at === from && !isContinued;
    if (!isAlone) placed.push({ at: from, end: to, word: read });
    for (const item of inside) placed.push(...wordsOf(item, item === inside.at(-1) ? word : undefined));
    if (isAlone && word.text.endsWith("'s")) {
      const last = placed[placed.length - 1]!;
      last.word = possessive(last.word, read.span[1]);
    }
  }
  return placed;
}

function wordsOf({ at, words, boundaries }: GivenWords, placeholder: SpokenWord | undefined): PlacedWord[] {
  return words.map((word, i) => {
    const isLast = i === words.length - 1;
    const boundary = isLast && placeholder ? placeholder.boundary : boundaries[i]!;
    return { at, end: at + 1, word: { ...word, boundary } };
  });
}

/** No two spans overlap: words of one expression share theirs, others begin where the last ended. */
function apart(last: Span | undefined, span: Span): Span {
  if (last === undefined || span[0] >= last[1]) return span;
  if (span[0] === last[0] && span[1] === last[1]) return last;
  return span[1] > last[1] ? [last[1], span[1]] : [last[0], last[1]];
}

type Neighbour = { sentence: SpokenSentence; word: SpokenWord };

/**
 * Events between two words: silence follows the earlier word, as do the marks before it; marks after the
 * silence belong to the later word.
 */
function place(
  { source, cutsBreaks }: { source: string; cutsBreaks: boolean },
  events: readonly TextEvent[],
  before: Neighbour | undefined,
  after: Neighbour | undefined,
): void {
  if (events.length === 0) return;
  const breaks = events.filter((event) => event.kind === 'break');
  const asked = breaks.reduce((sum, event) => sum + event.seconds, 0);
  const seconds = cutsBreaks ? Math.min(LONGEST_SILENCE, asked) : asked;
  if (seconds > LONGEST_SILENCE) {
    throw ssmlError({ source, offset: breaks[0]!.source, element: 'break' }, 'the breaks here are too long', {
      got: `${seconds} s together`,
      wanted: `at most ${LONGEST_SILENCE} s`,
    });
  }
  const isCut = breaks.length > 0 && (seconds > 0 || before?.sentence !== after?.sentence);
  const lastBreak = isCut ? events.lastIndexOf(breaks[breaks.length - 1]!) : after ? -1 : events.length;
  const marks = (part: readonly TextEvent[]) =>
    part.flatMap((event) => (event.kind === 'mark' ? [event.name] : []));
  const early = marks(events.slice(0, lastBreak + 1));
  const late = marks(events.slice(lastBreak + 1));
  if (before) {
    const directions = before.word.directions!;
    add(directions, 'marksAfter', early);
    if (isCut && before.sentence === after?.sentence) directions.breakAfter = seconds;
    else if (isCut) before.sentence.pauseAfter = seconds;
  } else if (after) {
    if (early.length > 0) after.sentence.marksBefore = early;
    if (isCut) after.sentence.pauseBefore = seconds;
  }
  if (after) add(after.word.directions!, 'marksBefore', late);
  else if (before && late.length > 0) before.sentence.marksAtEnd = late;
}

function add(directions: Directions, list: 'marksBefore' | 'marksAfter', names: string[]): void {
  if (names.length > 0) directions[list] = [...(directions[list] ?? []), ...names];
}
