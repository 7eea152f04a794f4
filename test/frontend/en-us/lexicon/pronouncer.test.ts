// If this fails, words are spoken with the wrong sounds, or claim a source that they do not have.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EN_US } from '../../../../src/frontend/en-us/en-us.js';
import { EnglishPronouncer } from '../../../../src/frontend/en-us/lexicon/pronouncer.js';
import { parseUserLexicon } from '../../../../src/frontend/lexicon/user-lexicon.js';
import { isPhone } from '../../../../src/frontend/phonemes.js';
import type { SpokenWord } from '../../../../src/frontend/spoken-sentence.js';

const weights = new URL('../../../../weights/', import.meta.url);
const data = {
  dictionary: readFileSync(new URL('lexicon/cmudict.bin', weights)),
  letterToSound: readFileSync(new URL('lexicon/letter-to-sound.bin', weights)),
};
const bare = EnglishPronouncer.load(data, EN_US);
const pronouncer = bare.withVoice(
  readFileSync(new URL('arctic/pronunciations.tsv', weights), 'utf8'),
  readFileSync(new URL('arctic/lexicon_extra.txt', weights), 'utf8'),
);

function sentence(text: string): SpokenWord[] {
  return text.split(' ').map((word) => ({ text: word, span: [0, 0], boundary: '_', reading: 'word' }));
}

function phones(text: string): string[] {
  return pronouncer.pronounceSentence(sentence(text)).map((word) => word.phones.join(' '));
}

const test = suite('pronouncer');

test('pronounces the article by the sound after it', () => {
  assert.is(phones('the apple')[0], 'DH IY0');
  assert.is(phones('the dog')[0], 'DH AH0');
  assert.is(phones('the hour')[0], 'DH IY0');
  assert.is(phones('the union')[0], 'DH AH0');
  assert.is(phones('of the')[1], 'DH AH0');
});

test('pronounces a as a weak word or as a letter', () => {
  assert.is(phones('a dog')[0], 'AH0');
  const [letter] = pronouncer.pronounceSentence([
    { text: 'a', span: [0, 1], boundary: '.', reading: 'letter' },
  ]);
  assert.equal(letter, { phones: ['EY1'], provenance: 'spelled' });
});

test("prefers the voice's forms to the dictionary's", () => {
  assert.equal(bare.pronounceWord('was'), { phones: ['W', 'AA1', 'Z'], provenance: 'lexicon' });
  assert.equal(pronouncer.pronounceWord('was'), { phones: ['W', 'AH0', 'Z'], provenance: 'voice' });
  assert.is(pronouncer.pronounceWord('sometimes').phones.join(' '), 'S AH1 M T AY2 M Z');
  // Listed among the voice's alternatives, but the dictionary's first is the usual one there too.
  assert.is(pronouncer.pronounceWord('of').phones.join(' '), 'AH1 V');
});

test('pronounces homographs and weak forms by context', () => {
  const last = (text: string): { phones: string[]; provenance: string } =>
    pronouncer.pronounceSentence(sentence(text)).at(-1)!;
  assert.equal(last('they want to record'), {
    phones: 'R IH0 K AO1 R D'.split(' '),
    provenance: 'homograph',
  });
  assert.equal(last('a new record'), { phones: 'R EH1 K ER0 D'.split(' '), provenance: 'homograph' });
  assert.equal(last('yes i can'), { phones: ['K', 'AE1', 'N'], provenance: 'homograph' });
  assert.is(phones('i can see')[1], 'K AH0 N');
  assert.is(phones('vitamin a')[1], 'EY1');
});

test("prefers a user's forms and their inflections", () => {
  const own = pronouncer.withUserLexicon(
    parseUserLexicon('nginx EH1 N JH IH0 N EH2 K S\nrecord R AH0\nthe D AH0\nduck D UH1 K'),
  );
  assert.equal(own.pronounceWord('nginx'), {
    phones: 'EH1 N JH IH0 N EH2 K S'.split(' '),
    provenance: 'user',
  });
  assert.equal(own.pronounceWord("nginx's"), {
    phones: 'EH1 N JH IH0 N EH2 K S IH0 Z'.split(' '),
    provenance: 'derived',
  });
  assert.is(own.pronounceWord("duck's").phones.join(' '), 'D UH1 K S');
  assert.equal(own.pronounceSentence(sentence('the record')), [
    { phones: ['D', 'AH0'], provenance: 'user' },
    { phones: ['R', 'AH0'], provenance: 'user' },
  ]);
  // The pronouncer that it was made from is unchanged.
  assert.is(pronouncer.pronounceWord('duck').provenance, 'lexicon');
});

test('gives each word phones and their provenance', () => {
  for (const [word, provenance] of [
    ['hello', 'lexicon'],
    ['homebrew', 'derived'],
    ['blorptastically', 'letter-to-sound'],
  ] as const) {
    const pronunciation = pronouncer.pronounceWord(word);
    assert.is(pronunciation.provenance, provenance, word);
    assert.ok(pronunciation.phones.length > 0 && pronunciation.phones.every(isPhone), word);
  }
});

test('pronounces a word of ten thousand letters whole', () => {
  const { phones: long } = pronouncer.pronounceWord('bana'.repeat(2500));
  assert.ok(long.length > 7500 && long.every(isPhone), `${long.length} phones`);
});

test.run();
