// If this fails, words get another word's pronunciation, or a damaged dictionary is read as if it were whole.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsError } from '../../../../src/errors.js';
import { CompactLexicon } from '../../../../src/frontend/en-us/lexicon/compact-lexicon.js';
import { PHONES } from '../../../../src/frontend/phonemes.js';
import { packLexicon } from '../../../../tools/lexicon/build.js';
import { readCmudict } from '../../../../tools/lexicon/cmudict-source.js';

const bytes = readFileSync(new URL('../../../../weights/lexicon/cmudict.bin', import.meta.url));
const source = readCmudict();
const test = suite('compact lexicon');

test('finds every pronunciation of every word in order', () => {
  const lexicon = CompactLexicon.open(bytes);
  assert.is(lexicon.size, source.length);
  for (const { word, pronunciations } of source) {
    const found = lexicon.lookup(word);
    if (JSON.stringify(found) !== JSON.stringify(pronunciations)) assert.equal(found, pronunciations, word);
  }
});

test('ships a file below 1.5 MB', () => assert.ok(bytes.length < 1_500_000, `${bytes.length} bytes`));

test('ships the file that the build script makes', () => {
  assert.ok(Buffer.from(packLexicon(source)).equals(bytes), 'run tools/lexicon/build.ts');
});

test('finds no word that it lacks', () => {
  const lexicon = CompactLexicon.open(bytes);
  const words = new Set(source.map(({ word }) => word));
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(..."abcdeinorst'z-"), minLength: 1, maxLength: 9 }),
      (word) => {
        assert.is(lexicon.lookup(word).length > 0, words.has(word), word);
      },
    ),
    { numRuns: 2000 },
  );
  for (const word of ['', 'Hello', 'naïve', 'a'.repeat(1000), '\u0000'])
    assert.equal(lexicon.lookup(word), []);
});

test('reads back any dictionary that was packed', () => {
  const words = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom(..."abz'-."), minLength: 1, maxLength: 50 }),
    {
      minLength: 1,
      maxLength: 60,
    },
  );
  const phones = fc.array(fc.constantFrom(...PHONES), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(
      words,
      fc.array(fc.array(phones, { minLength: 1, maxLength: 3 }), { minLength: 60, maxLength: 60 }),
      (list, forms) => {
        const entries = list.sort().map((word, i) => ({ word, pronunciations: forms[i]! }));
        const lexicon = CompactLexicon.open(packLexicon(entries));
        for (const { word, pronunciations } of entries) assert.equal(lexicon.lookup(word), pronunciations);
        assert.equal(
          [...lexicon.entries()],
          entries.map(({ word, pronunciations }) => [word, pronunciations]),
        );
      },
    ),
    { numRuns: 50 },
  );
});

test('refuses a damaged file or reads it within its bounds', () => {
  const refused = (file: Uint8Array): void => {
    assert.throws(
      () => CompactLexicon.open(file),
      (error: unknown) => error instanceof VoirsError && error.code === 'INVALID_WEIGHTS',
    );
  };
  refused(new Uint8Array(0));
  refused(bytes.subarray(0, 200));
  refused(bytes.subarray(0, 20_000));
  refused(Uint8Array.from(bytes.subarray(0, 1000), (byte, i) => (i === 0 ? byte + 1 : byte)));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(40_000), fc.nat(255)), { minLength: 1, maxLength: 30 }),
      (changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at] = value;
        try {
          const lexicon = CompactLexicon.open(copy);
          for (const word of ['hello', 'aaron', 'zebra']) lexicon.lookup(word);
        } catch (error) {
          assert.instance(error, VoirsError, String(error));
        }
      },
    ),
    { numRuns: 100 },
  );
});

test.run();
