// Judges headings, labels, list items and short commands, which have no verb to go by: "Project Manager" and
// "Wind: 10 mph" name a thing, "Record a video" and "Export to PDF" ask for something.

import type { SpokenWord } from '../../spoken-sentence.js';
import lines from '../data/homograph-lines.json' with { type: 'json' };
import { classOf, isFiniteVerb } from './homograph-context.js';

/**
 * What the line says about a homograph: `label` stands before a colon, `title` at the start of a phrase
 * without a verb, `inside` later in a phrase in title case, `alone` is one word by itself, `command` asks.
 */
export type LineFeature = 'label' | 'title' | 'inside' | 'alone' | 'command';

/** A phrase of more words than this is a sentence. */
const LONGEST = 10;

/** Prepositions after a noun ("Conflict of Interest") and after a command ("Export to PDF"). */
const AFTER_NOUN: ReadonlySet<string> = new Set(lines.afterNoun.split(' '));
const AFTER_COMMAND: ReadonlySet<string> = new Set(lines.afterCommand.split(' '));
/** Words that a line begins with as commands even before a bare noun: "Insert coin", "Use caution". */
const COMMANDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(lines.commands).map(([word, nouns]) => [word, new Set(nouns.split(' '))]),
);
/** The same where the words after the first have small letters: "Export data" asks, "Export Data" names. */
const SENTENCE_COMMANDS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries(lines.sentenceCommands).map(([word, nouns]) => [word, new Set(nouns.split(' '))]),
);
/** When something happened: "Update released Monday". */
const TIMES: ReadonlySet<string> = new Set(lines.times.split(' '));
/** Words in -ly that describe nouns. */
const ADJECTIVES: ReadonlySet<string> = new Set(lines.adjectives.split(' '));
/** Words that are commands where they stand alone, as buttons do. */
const ALONE: ReadonlySet<string> = new Set(lines.aloneCommands.split(' '));

const ENDS_PHRASE = /[:|–—•·/]| - /;
const MARKER = /^[\s#>*•(-]*(?:\d{1,3}|[A-Za-z])[.)]\s*$/;
/** Classes that only sentences have, and classes that show the object of a command. */
const SENTENCE_CLASS = /^(?:pronoun|third|modal|do|have|be|infinitive|relative)$/;
const OBJECT_CLASS = /^(?:determiner|possessive|her|object|that)$/;

/**
 * The feature of words[at], or undefined where the line is a sentence. `source` is the text that the words'
 * spans point into. Looks at LONGEST words to either side at most.
 */
export function lineFeature(
  words: readonly SpokenWord[],
  at: number,
  source: string,
): LineFeature | undefined {
  const start = phraseStart(words, at, source);
  if (start === undefined) return undefined;
  const end = phraseEnd(words, at, source);
  if (end === undefined) return undefined;
  const labelled = words[end]!.boundary === ':';
  if (start === at && end === at && labelled) return 'label';
  if (
    !labelled &&
    start !== end &&
    /^["')\]*_”’]*[.!?]/.test(source.slice(words[end]!.span[1], words[end]!.span[1] + 4))
  )
    return undefined;
  if (isSentence(words, at, start, end)) return undefined;
  if (start === at) return opening(words, at, end, source);
  // "Total refund:", "Net increase:": the last word of a label; "Critics object:" is said of people.
  if (
    labelled &&
    at === end &&
    !/^(?:plural|adverb|negation)$/.test(classOf(words[at - 1]!.text)) &&
    !words[at]!.text.endsWith('s')
  )
    return 'inside';
  const isTitle = isTitleCase(words, start, end, source) && (at === end || isNominal(words[at + 1]!));
  return isTitle || isLabelled(words, at, start, source) ? 'inside' : undefined;
}

/** "Missing alt attribute", "Report abuse": no word before it can be the subject of a verb. */
function isLabelled(words: readonly SpokenWord[], at: number, start: number, source: string): boolean {
  const previous = words[at - 1]!;
  // "The studio records": articles, and forms in -s, belong to sentences.
  if (words[at]!.text.endsWith('s')) return false;
  for (let i = start; i < at; i++) if (OBJECT_CLASS.test(classOf(words[i]!.text))) return false;
  if (previous.boundary !== '_' || /^\p{Lu}/u.test(source.slice(...words[at]!.span))) return false;
  if (ADJECTIVES.has(previous.text)) return true;
  const name = previous.reading === 'letter' ? 'open' : classOf(previous.text);
  const isModifier =
    /^(?:adjective|participle|gerund|open|number)$/.test(name) && !/(?:[^s]s|ly)$/.test(previous.text);
  return isModifier && (at === words.length - 1 || !OBJECT_CLASS.test(classOf(words[at + 1]!.text)));
}

/** True where every word of a phrase that is long enough to tell begins with a capital. */
export function isTitleCase(
  words: readonly SpokenWord[],
  start: number,
  end: number,
  source: string,
): boolean {
  let capitals = 0;
  for (let i = start; i <= end; i++) {
    const [from, to] = words[i]!.span;
    if (/^\p{Lu}/u.test(source.slice(from, from + 2))) capitals += 1;
    else if (to - from > 3 && /^\p{Ll}/u.test(source.slice(from, from + 2))) return false;
  }
  return capitals >= 2;
}

/** Where the phrase begins: the line's start, after its marker ("1."), or after a colon or a dash. */
function phraseStart(words: readonly SpokenWord[], at: number, source: string): number | undefined {
  for (let i = at; i > at - LONGEST; i--) {
    if (i === 0) return 0;
    const previous = words[i - 1]!;
    if (previous.boundary === '_') continue;
    if (ENDS_PHRASE.test(source.slice(previous.span[1], words[i]!.span[0]))) return i;
    if (i === 1 && MARKER.test(source.slice(previous.span[0], words[i]!.span[0]))) return i;
    if (previous.boundary !== ',') return undefined;
  }
  return undefined;
}

function phraseEnd(words: readonly SpokenWord[], at: number, source: string): number | undefined {
  for (let i = at; i < at + LONGEST; i++) {
    if (i === words.length - 1) return i;
    const { boundary, span } = words[i]!;
    if (boundary === '_') continue;
    if (ENDS_PHRASE.test(source.slice(span[1], words[i + 1]!.span[0]))) return i;
    if (boundary !== ',') return undefined;
  }
  return undefined;
}

/** A verb or its subject stands in the phrase: the rules for sentences know more. */
function isSentence(words: readonly SpokenWord[], at: number, start: number, end: number): boolean {
  for (let i = start; i <= end; i++) {
    if (i === at) continue;
    const { text, reading } = words[i]!;
    if (text === 'may' && DAY.test(words[i + 1]?.text ?? '')) continue; // "Use by 5/1"
    if (reading !== 'letter' && (SENTENCE_CLASS.test(classOf(text)) || isFiniteVerb(text))) return true;
  }
  return false;
}

/** How a day of a month begins, so that "may" is none of the verbs. */
const DAY = /(?:st|nd|rd|th)$|^(?:twenty|thirty)$/;

function isNominal({ text }: SpokenWord): boolean {
  return AFTER_NOUN.has(text) || /^(?:open|plural|adjective|gerund|number|conjunction)$/.test(classOf(text));
}

/** The feature of the word that the phrase begins with. */
function opening(
  words: readonly SpokenWord[],
  at: number,
  end: number,
  source: string,
): LineFeature | undefined {
  const { text } = words[at]!;
  if (at === end) return ALONE.has(text) ? 'command' : 'alone';
  const next = words[at + 1]!;
  const name = next.reading === 'letter' ? 'open' : classOf(next.text);
  if (words[at]!.boundary !== '_') return 'title';
  // "Permit required beyond this point", but "Export selected rows"
  if (name === 'participle' && !describesNext(words, at + 1, end)) return 'title';
  if (hasHappened(words, at, end)) return 'title';
  if (OBJECT_CLASS.test(name) || name === 'adverb' || name === 'subordinator') return 'command';
  if (AFTER_NOUN.has(next.text)) return 'title';
  if (AFTER_COMMAND.has(next.text)) return 'command';
  if (name === 'preposition') return undefined;
  const nouns = COMMANDS.get(text);
  if (nouns !== undefined && !nouns.has(next.text)) return 'command';
  const small = SENTENCE_COMMANDS.get(text);
  if (small !== undefined && !small.has(next.text) && /^\p{Ll}/u.test(source.slice(...next.span)))
    return 'command';
  return hasObject(words, at, end) && !isTitleCase(words, at, end, source) ? 'command' : 'title';
}

/** "Project deadline moved to Friday": something has been done with what the line names. */
function hasHappened(words: readonly SpokenWord[], at: number, end: number): boolean {
  for (let i = at + 2; i <= end; i++) {
    const { text, reading } = words[i]!;
    const name = reading === 'letter' ? 'open' : classOf(text);
    if (OBJECT_CLASS.test(name) || name === 'preposition' || AFTER_COMMAND.has(text)) return false;
    if (name === 'participle' && !describesNext(words, i, end)) return true;
  }
  return false;
}

/** Whether the participle at `at` describes a noun after it: "selected rows". */
function describesNext(words: readonly SpokenWord[], at: number, end: number): boolean {
  if (at >= end) return false;
  const next = words[at + 1]!.text;
  return (
    /^(?:plural|open)$/.test(classOf(next)) &&
    !AFTER_NOUN.has(next) &&
    !AFTER_COMMAND.has(next) &&
    !TIMES.has(next)
  );
}

/** "Transfer money to a friend", "Digest food more easily": something is done with what follows. */
function hasObject(words: readonly SpokenWord[], at: number, end: number): boolean {
  for (let i = at + 2; i <= end; i++) {
    const { text } = words[i]!;
    const name = classOf(text);
    if (text === 'only' && i === end) return false; // "Close friends only"
    if (OBJECT_CLASS.test(name) || name === 'adverb') return words[i - 1]!.text !== 'of';
    if (AFTER_NOUN.has(text)) return false;
    if (AFTER_COMMAND.has(text)) return true;
  }
  return false;
}
