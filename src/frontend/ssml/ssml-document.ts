// What strict and tolerant reading of SSML share: the bounds of a document, its namespace, and what markup may
// choose.
import type { SsmlVoice } from './ssml-voice.js';

/** The namespace of SSML 1.0 and 1.1. */
export const SSML_NAMESPACE = 'http://www.w3.org/2001/10/synthesis';

/** Bounds of a document. */
export const SSML_LIMITS = { characters: 2 ** 20, depth: 64 } as const;

export interface SsmlContext {
  /** What <voice> may choose. */
  voices: readonly SsmlVoice[];
  /** Id of the voice outside <voice>. */
  voice: string;
  /** Refuses what is otherwise passed over with a warning. */
  isStrict?: boolean;
}
