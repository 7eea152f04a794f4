// What strict and tolerant reading of SSML share: the bounds of a document, its namespace, and what markup may
// choose.
import type { SpokenWord } from '../spoken-sentence.js';
import type { SsmlVoice } from './ssml-voice.js';

/** The namespace of SSML 1.0 and 1.1. */
export const SSML_NAMESPACE = 'http://www.w3.org/2001/10/synthesis';

/** Bounds of a document. */
export const SSML_LIMITS = { characters: 2 ** 20, depth: 64 } as const;

/** What a language says for elements that ask for words. */
export interface SsmlWords {
  /**
   * How a content is said, in the language's notation of speech.
   * @throws VoirsError INVALID_SSML without a place.
   */
  sayAs(content: string, interpretAs: string, format: string | undefined): string;
  /** A length of time such as 1'21" in that notation; undefined where the content is none. */
  durationWords(content: string, format: string): string | undefined;
  /** The words of the notation. */
  wordsOf(say: string): Omit<SpokenWord, 'span'>[];
  /** A word as the owner of what follows. @param end where the ending ends in the source. */
  possessive(word: SpokenWord, end: number): SpokenWord;
}

export interface SsmlContext {
  /** What <voice> may choose. */
  voices: readonly SsmlVoice[];
  /** Id of the voice outside <voice>. */
  voice: string;
  /** Refuses what is otherwise passed over with a warning. */
  isStrict?: boolean;
  words: SsmlWords;
}
