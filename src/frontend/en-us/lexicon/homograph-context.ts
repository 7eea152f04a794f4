// Scores, from the words around a homograph, whether a noun, an adjective, a verb or a past form is expected
// there.

import type { SpokenWord } from '../../spoken-sentence.js';
import weights from '../data/homograph-weights.json' with { type: 'json' };
import classes from '../data/word-classes.json' with { type: 'json' };

/** The parts of speech that pronunciation can depend on; `past` covers past tense and participle. */
export type PartOfSpeech = 'noun' | 'adj' | 'verb' | 'past';

/** How well each part of speech fits, in arbitrary units that weights and cues share. */
type ContextScores = Record<PartOfSpeech, number>;

const CLASS_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(classes.words).flatMap(([name, words]) =>
    words.split(' ').map((word): [string, string] => [word, name]),
  ),
);
const FINITE: ReadonlySet<string> = new Set(classes.finite.split(' '));
const NOUN_AFTER_TO: ReadonlySet<string> = new Set(classes.toNouns.split(' '));
const CAUSATIVE: ReadonlySet<string> = new Set(classes.causatives.split(' '));
const AUXILIARY = /^(?:modal|do|have|be)$/;
/** Words looked at to either side. */
const REACH = 12;

/** True for a verb form that makes a sentence of its words. */
export function isFiniteVerb(word: string): boolean {
  return FINITE.has(word);
}

type WeightTable = Record<string, Partial<ContextScores>>;
const PREVIOUS: WeightTable = weights.previous;
const NEXT: WeightTable = weights.next;
const CLAUSE: WeightTable = weights.clause;
const LINE: WeightTable = weights.line;

/** The class of a word: a closed class of word-classes.json, or a guess from its ending. */
export function classOf(word: string): string {
  const known = CLASS_OF.get(word);
  if (known !== undefined) return known;
  if (word.endsWith("'s") || word.endsWith("s'")) return 'possessive';
  if (word.endsWith("n't")) return 'modal';
  if (/ly$/.test(word) && word.length > 4) return 'adverb';
  if (/(?:ous|ful|ive|ical|less|able|ible|ish|ary|ian|est)$/.test(word)) return 'adjective';
  if (/(?:[^s]ed|ssed|leased|closed|posed|raised|vised|nounced)$/.test(word) && word.length > 4)
    return 'participle';
  if (/ing$/.test(word) && word.length > 4) return 'gerund';
  if (/[^su']s$/.test(word) && word.length > 3) return 'plural';
  return 'open';
}

/**
 * Scores the parts of speech at words[at]. `third`: the word ends in the -s of plurals and of he/she/it
 * verbs; `line`: what homograph-line.ts makes of a line without a verb.
 */
export function contextScores(
  words: readonly SpokenWord[],
  at: number,
  third: boolean,
  line?: string,
): ContextScores {
  const scores: ContextScores = { noun: 0, adj: 0, verb: 0, past: 0 };
  const add = (table: WeightTable, feature: string): void => {
    const row = table[third && table[`${feature}+s`] ? `${feature}+s` : feature];
    if (row === undefined) return;
    for (const part of Object.keys(row) as PartOfSpeech[]) scores[part] += row[part]!;
  };
  const singular = third && at > 0 && /^(?:a|an|this|that|each|every|another|it)$/.test(words[at - 1]!.text);
  // No plural follows "this": "this permits" is a verb.
  for (const feature of singular ? ['singular-determiner'] : previousFeatures(words, at))
    add(PREVIOUS, feature);
  const next = nextFeature(words, at);
  add(NEXT, next);
  // "an invalid" at the end of its phrase is a noun: no adjective stands alone after an article.
  if (/^(?:end|be|modal|conjunction)$/.test(next) && at > 0 && /^(?:an?|the)$/.test(words[at - 1]!.text))
    scores.adj -= 3;
  if (line !== undefined) add(LINE, line);
  else for (const feature of clauseFeatures(words, at)) add(CLAUSE, feature);
  return scores;
}

/** True where a pause separates words[i] from the word after it. */
function paused(words: readonly SpokenWord[], i: number): boolean {
  return words[i]!.boundary !== '_';
}

function previousFeatures(words: readonly SpokenWord[], at: number): string[] {
  const features: string[] = [];
  let i = at - 1;
  // Adverbs and negations stand between a word and what governs it.
  while (
    i >= 0 &&
    i > at - REACH &&
    !paused(words, i) &&
    /^(?:adverb|negation)$/.test(classOf(words[i]!.text))
  ) {
    if (i === at - 1) features.push(classOf(words[i]!.text));
    i -= 1;
  }
  if (i < 0 || paused(words, i)) return [...features, 'start'];
  const word = words[i]!.text;
  const before = i > 0 && !paused(words, i - 1) ? words[i - 1]!.text : '';
  const name = classOf(word);
  if (name === 'to' && NOUN_AFTER_TO.has(before) && !(MOTION.test(before) && takesVerb(words, at)))
    return [...features, 'preposition'];
  if (name === 'object' && CAUSATIVE.has(before)) return [...features, 'causative'];
  if (name === 'conjunction') return [...features, name, ...(coordinated(words, i) ?? [])];
  if (
    AUXILIARY.test(name) ||
    /^(?:open|plural|adjective|participle|gerund|number|third|pronoun)$/.test(name)
  ) {
    // A question puts its subject between the auxiliary and the verb: "can you record", "did the police
    // suspect".
    const inverted = questionAuxiliary(words, i);
    if (inverted !== undefined) return [...features, inverted];
  }
  // "The two often converse": what is counted does it.
  if (name === 'number' && i < at - 1 && /^(?:the|these|those|all|both|we|you)$/.test(before))
    return [...features, 'pronoun'];
  features.push(name);
  if (/^(?:open|adjective|participle|gerund|plural)$/.test(name))
    features.push(phraseFeature(words, i, name));
  return features;
}

/** Forms of go, after which "to" may open an infinitive: "going to record it" against "going to desert towns". */
const MOTION = /^(?:go|goes|going|gone|went)$/;

/** Whether what follows words[at] is no noun that it would describe. */
function takesVerb(words: readonly SpokenWord[], at: number): boolean {
  const next = nextFeature(words, at);
  if (/^(?:open|plural)$/.test(next)) return words[at - 2]!.text === 'going' && isBe(words, at - 3);
  return next !== 'of';
}

/** "I'm going to", "they are going to" */
function isBe(words: readonly SpokenWord[], at: number): boolean {
  for (let i = at; i >= 0 && i >= at - 2; i--) {
    const name = classOf(words[i]!.text);
    if (name === 'be') return true;
    if (!/^(?:adverb|negation|pronoun|third)$/.test(name)) return false;
  }
  return false;
}

/** "to read and write": the second verb is governed like the first. */
function coordinated(words: readonly SpokenWord[], conjunction: number): string[] | undefined {
  const governor = conjunction >= 2 ? classOf(words[conjunction - 2]!.text) : '';
  return /^(?:to|modal|infinitive|preposition|determiner|possessive)$/.test(governor)
    ? [`${governor}-and`]
    : undefined;
}

function questionAuxiliary(words: readonly SpokenWord[], subjectEnd: number): string | undefined {
  for (let i = subjectEnd - 1; i >= 0 && i >= subjectEnd - 3; i--) {
    if (paused(words, i)) return undefined;
    const name = classOf(words[i]!.text);
    const before = i === 0 || paused(words, i - 1) ? 'start' : classOf(words[i - 1]!.text);
    const asks =
      before === 'start' || /^(?:how|what|when|where|why|who|which)$/.test(words[i - 1]?.text ?? '');
    if (/^(?:modal|do|have)$/.test(name) && asks) return name;
    if (!/^(?:determiner|possessive|open|plural|pronoun|third|adjective)$/.test(name)) return undefined;
  }
  return undefined;
}

/** Whether the run of open-class words before the homograph is part of a noun phrase or a bare subject. */
function phraseFeature(words: readonly SpokenWord[], last: number, name: string): string {
  for (let i = last - 1; i >= 0 && i >= last - 4; i--) {
    if (paused(words, i)) break;
    const left = classOf(words[i]!.text);
    if (/^(?:open|adjective|participle|gerund|plural|number|degree|adverb)$/.test(left)) continue;
    const nominal = /^(?:determiner|possessive|her|preposition|that)$/.test(left);
    if (nominal) return name === 'plural' ? 'after-plural-phrase' : 'inside-phrase';
    return 'after-open';
  }
  return name === 'plural' ? 'bare-plural-subject' : 'bare-subject';
}

function nextFeature(words: readonly SpokenWord[], at: number): string {
  if (at + 1 >= words.length || paused(words, at)) return 'end';
  const word = words[at + 1]!.text;
  return word === 'of' ? 'of' : classOf(word);
}

/** Whether another finite verb stands in the clause, left or right of the homograph. */
function clauseFeatures(words: readonly SpokenWord[], at: number): string[] {
  const finite = (i: number): boolean => {
    const { text } = words[i]!;
    const name = classOf(text);
    return (
      /^(?:modal|do|have|be)$/.test(name) || FINITE.has(text) || (name === 'participle' && !paused(words, i))
    );
  };
  let left = false;
  for (let i = at - 1; i >= 0 && i > at - REACH && !paused(words, i); i--) left ||= finite(i);
  let right = false;
  for (let i = at + 1; i < words.length && i < at + REACH && !paused(words, i - 1); i++) {
    if (/^(?:relative|subordinator|conjunction)$/.test(classOf(words[i]!.text))) break;
    right ||= finite(i);
  }
  return [left ? 'finite-left' : right ? 'finite-right' : 'no-finite'];
}
