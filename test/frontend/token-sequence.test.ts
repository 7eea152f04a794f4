// If this fails, the model is given sequences it never saw, or long text loses words.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cutToLength, type PronouncedWord, tokensOf } from '../../src/frontend/token-sequence.js';
import type { BoundaryMark } from '../../src/frontend/utterance.js';

const test = suite('token sequence');
const word = (text: string, phones: string, boundary: BoundaryMark): PronouncedWord => ({
  text,
  span: [0, 1],
  phones: phones.split(' '),
  provenance: 'lexicon',
  boundary,
});

test('orders phones, boundaries and ends as in training', () => {
  const words = [word('hello', 'HH AH0 L OW1', ','), word('you', 'Y UW1', '.')];
  assert.is(
    tokensOf(words)
      .map((token) => token.symbol)
      .join(' '),
    '^ HH AH0 L OW1 , Y UW1 . $',
  );
  assert.equal(
    tokensOf(words).map((token) => token.word),
    [null, 0, 0, 0, 0, null, 1, 1, null, null],
  );
});

test('cuts at the clause nearest the middle, else between words', () => {
  const three = 'K AE1 T';
  const plain = Array.from({ length: 8 }, () => word('cat', three, '_'));
  assert.equal(
    cutToLength(plain, 20).map((run) => run.length),
    [4, 4],
  );
  plain[2] = word('cat', three, ',');
  assert.equal(
    cutToLength(plain, 25).map((run) => run.length),
    [3, 5],
  );
});

test('keeps every phone once, in order, in runs that fit', () => {
  const words = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom<BoundaryMark>('_', '_', '_', ',', ';', '.')),
    { minLength: 1, maxLength: 80 },
  );
  fc.assert(
    fc.property(words, fc.integer({ min: 8, max: 160 }), (shapes, maxTokens) => {
      const all = shapes.map(([phones, mark], i) =>
        word(`w${i}`, Array(phones).fill(`P${i}`).join(' '), mark),
      );
      const runs = cutToLength(all, maxTokens);
      for (const run of runs) assert.ok(tokensOf(run).length <= maxTokens && run.length > 0);
      assert.equal(
        runs.flat().flatMap((one) => one.phones),
        all.flatMap((one) => one.phones),
      );
    }),
    { numRuns: 200, seed: 5 },
  );
});

test.run();
