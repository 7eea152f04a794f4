// The texts that voices are judged on: written for this, unseen by any training of ours.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Text } from './speaking.js';

/** A text of texts.json: plain statements, news, dialogue, questions, or with numbers. */
export interface JudgedText extends Text {
  kind: 'plain' | 'news' | 'dialogue' | 'question' | 'number';
}

/** All of them, ordered by kind. */
export function judgedTexts(): JudgedText[] {
  const path = fileURLToPath(new URL('texts.json', import.meta.url));
  return JSON.parse(readFileSync(path, 'utf8')) as JudgedText[];
}

/** `count` items at even distances, so that every kind keeps its share; all where there are no more. */
export function evenly<Item>(items: readonly Item[], count: number): Item[] {
  const slot = (i: number): number => Math.floor((i * count) / items.length);
  return count >= items.length ? [...items] : items.filter((_, i) => slot(i) !== slot(i + 1));
}
