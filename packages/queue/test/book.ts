// The book that the tests of the queue speak, and what a finished one consists of.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { Book, SpeechQueue } from '../src/index.js';
import { folder, type RedisServer } from './services.js';

export const sentence = (n: number): string =>
  `Here the story has come to number ${n}, and it goes on after a pause.`;

/** Chapters of three parts of one sentence each. */
export function bookOf(chapters: number): Book {
  return {
    title: 'The Book of Tests',
    author: 'A. Writer',
    chapters: Array.from({ length: chapters }, (_, i) => ({
      title: `Chapter ${i + 1}`,
      text: [1, 2, 3].map((n) => sentence(10 * (i + 1) + n)).join('\n\n'),
    })),
    partMinutes: 0.1,
    format: 'flac',
    captions: ['vtt'],
  };
}

export const BOOK = bookOf(2);

/** Names and contents of a finished book. */
export function bookIn(store: string): Record<string, string> {
  const books = readdirSync(join(store, 'books'));
  assert.is(books.length, 1);
  const path = join(store, 'books', books[0]!);
  const names = readdirSync(path).filter((name) => name !== 'book.json');
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name)).toString('base64')]));
}

/** Nothing temporary is left, and each part is there once. */
export function assertWhole(store: string, reference: Record<string, string>): void {
  assert.equal(Object.keys(bookIn(store)).sort(), Object.keys(reference).sort());
  for (const [name, content] of Object.entries(bookIn(store))) assert.ok(content === reference[name], name);
}

export const isOver = (queue: SpeechQueue, id: string) => async () => {
  const status = await queue.book(id).catch(() => undefined); // Redis may be away
  return status !== undefined && (status.state === 'done' || status.state === 'failed') && status;
};

let prefixes = 0;

/** A queue of its own in a Redis. Only where a worker dies or hangs, its lock is to lapse soon. */
export const placeIn = (redis: RedisServer, store = folder(), lockSeconds = 30) => ({
  redis: redis.url,
  store,
  prefix: `test${++prefixes}`,
  lockSeconds,
});
