// If this fails, inflected and compound words that the dictionary lacks end on the wrong sounds.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CompactLexicon } from '../../../../src/frontend/en-us/lexicon/compact-lexicon.js';
import { derivations, splitApostrophe } from '../../../../src/frontend/en-us/lexicon/derive.js';
import { withEd, withS } from '../../../../src/frontend/en-us/lexicon/inflect.js';
import { LetterToSound } from '../../../../src/frontend/en-us/lexicon/letter-to-sound.js';
import { LetterToSoundModel } from '../../../../src/frontend/en-us/lexicon/letter-to-sound-model.js';
import { pronounceUnknown } from '../../../../src/frontend/en-us/lexicon/unknown-words.js';
import { isPhone } from '../../../../src/frontend/phonemes.js';

const weights = new URL('../../../../weights/lexicon/', import.meta.url);
const dictionary = CompactLexicon.open(readFileSync(new URL('cmudict.bin', weights)));
const letterToSound = new LetterToSound(
  LetterToSoundModel.open(readFileSync(new URL('letter-to-sound.bin', weights))),
);

/** The dictionary without some words, so that they have to be derived. */
function without(...hidden: string[]): (word: string) => string[] | undefined {
  return (word) => (hidden.includes(word) ? undefined : dictionary.lookup(word)[0]);
}

function derived(word: string): string {
  const { phones, provenance } = pronounceUnknown(word, without(word), letterToSound);
  return `${phones.join(' ')} (${provenance})`;
}

const test = suite('derived forms');

test('ends plurals and possessives by the sound before', () => {
  assert.equal(withS(['K', 'AE1', 'T']), ['K', 'AE1', 'T', 'S']);
  assert.equal(withS(['D', 'AO1', 'G']), ['D', 'AO1', 'G', 'Z']);
  assert.equal(withS(['B', 'IY1']), ['B', 'IY1', 'Z']);
  for (const sibilant of ['S', 'Z', 'SH', 'ZH', 'CH', 'JH']) {
    assert.equal(withS(['AE1', sibilant]), ['AE1', sibilant, 'IH0', 'Z']);
  }
  for (const voiceless of ['P', 'T', 'K', 'F', 'TH']) assert.is(withS(['AE1', voiceless]).at(-1), 'S');
});

test('ends past tenses by the sound before', () => {
  assert.equal(withEd(['W', 'AO1', 'K']), ['W', 'AO1', 'K', 'T']);
  assert.equal(withEd(['B', 'EH1', 'G']), ['B', 'EH1', 'G', 'D']);
  assert.equal(withEd(['P', 'L', 'EY1']), ['P', 'L', 'EY1', 'D']);
  for (const stop of ['T', 'D']) assert.equal(withEd(['AE1', stop]), ['AE1', stop, 'IH0', 'D']);
  for (const voiceless of ['P', 'K', 'F', 'S', 'SH', 'CH', 'TH'])
    assert.is(withEd(['AE1', voiceless]).at(-1), 'T');
});

const words: [word: string, phones: string][] = [
  ["kitten's", 'K IH1 T AH0 N Z'],
  ["waitress's", 'W EY1 T R AH0 S IH0 Z'],
  ["sailors'", 'S EY1 L ER0 Z'],
  ["couldn't've", 'K UH1 D AH0 N T AH0 V'],
  ["nobody'd", 'N OW1 B AA2 D IY2 D'],
  ['foxes', 'F AA1 K S IH0 Z'],
  ['berries', 'B EH1 R IY0 Z'],
  ['hopped', 'HH AA1 P T'],
  ['hoped', 'HH OW1 P T'],
  ['hurried', 'HH ER1 IY0 D'],
  ['greeted', 'G R IY1 T IH0 D'],
  ['baking', 'B EY1 K IH0 NG'],
  ['kindness', 'K AY1 N D N AH0 S'],
  ['hopelessly', 'HH OW1 P L AH0 S L IY0'],
  ['unfriended', 'AH0 N F R EH1 N D IH0 D'],
  ['sunblock', 'S AH1 N B L AA2 K'],
  ['toothbrush', 'T UW1 TH B R AH2 SH'],
];
for (const [word, phones] of words) {
  test(`derives ${word}`, () => assert.is(derived(word), `${phones} (derived)`));
}

test('prefers the letters to a chance resemblance', () => {
  for (const word of ['petition', 'aggression', 'rethink', 'potions', 'assault']) {
    const right = dictionary.lookup(word).map((phones) => phones.join(' '));
    const { phones } = pronounceUnknown(word, without(word), letterToSound);
    assert.ok(right.includes(phones.join(' ')), `${word}: ${phones.join(' ')}`);
  }
});

test('ends the possessive of an unknown name by its sound', () => {
  const base = pronounceUnknown('blorbatch', without(), letterToSound);
  const possessive = pronounceUnknown("blorbatch's", without(), letterToSound);
  assert.equal(possessive.phones, [...base.phones, 'IH0', 'Z']);
});

test('spells words without vowels', () => {
  assert.equal(pronounceUnknown('xkcd', without(), letterToSound), {
    phones: 'EH1 K S K EY1 S IY1 D IY1'.split(' '),
    provenance: 'spelled',
  });
});

test('gives any word phones in bounded work', () => {
  const known = without();
  const endings = fc.constantFrom(
    "'s",
    "s'",
    "n't",
    "'ve",
    'ed',
    'ing',
    'ness',
    'ly',
    'un',
    're',
    'over',
    'dog',
    "'",
    'cat',
  );
  fc.assert(
    fc.property(
      fc.array(fc.oneof(endings, fc.string({ unit: fc.constantFrom(...'aeistnrl'), maxLength: 4 })), {
        maxLength: 8,
      }),
      (parts) => {
        const word = parts.join('');
        for (const { phones } of derivations(word, known)) assert.ok(phones.every(isPhone), word);
        if (!/[a-z]/.test(word)) return;
        assert.ok(pronounceUnknown(word, known, letterToSound).phones.every(isPhone), word);
      },
    ),
    { numRuns: 200 },
  );
  assert.equal(derivations('un'.repeat(5000), known), []);
  assert.is(splitApostrophe("'"), undefined);
  // A hostile pile of endings must not recurse without end.
  assert.ok(pronounceUnknown(`dog${"'s".repeat(2000)}`, known, letterToSound).phones.length > 0);
});

test.run();
