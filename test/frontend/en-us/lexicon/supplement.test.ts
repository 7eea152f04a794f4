// If this fails, a name, a brand or a drug is spoken as its letters suggest, or its plural differs from it.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import corrections from '../../../../src/frontend/en-us/data/corrections.json' with { type: 'json' };
import names from '../../../../src/frontend/en-us/data/names.json' with { type: 'json' };
import terms from '../../../../src/frontend/en-us/data/supplement.json' with { type: 'json' };
import { EN_US } from '../../../../src/frontend/en-us/en-us.js';
import { CompactLexicon } from '../../../../src/frontend/en-us/lexicon/compact-lexicon.js';
import { withS } from '../../../../src/frontend/en-us/lexicon/inflect.js';
import { EnglishPronouncer } from '../../../../src/frontend/en-us/lexicon/pronouncer.js';
import { isPhone, isVowel } from '../../../../src/frontend/phonemes.js';
import { readEnglish } from '../english.js';

const folder = new URL('../../../../weights/lexicon/', import.meta.url);
const dictionary = readFileSync(new URL('cmudict.bin', folder));
const letterToSound = readFileSync(new URL('letter-to-sound.bin', folder));
const pronouncer = EnglishPronouncer.load({ dictionary, letterToSound }, EN_US);
const cmudict = CompactLexicon.open(dictionary);

const corrected: [word: string, phones: string][] = Object.values(corrections).flatMap((group) =>
  Object.entries(group),
);
const supplied: [word: string, phones: string][] = [...Object.entries(names), ...corrected];
const say = (word: string): string => pronouncer.pronounceWord(word).phones.join(' ');

const test = suite('supplement');

test('holds at least 1,500 names, in small letters', () => {
  assert.ok(Object.keys(names).length >= 1500, `${Object.keys(names).length} names`);
  for (const [word] of supplied) assert.match(word, /^[a-z]+(?:'[a-z]+)*$/);
});

test('writes each with known phones and one primary stress', () => {
  for (const [word, form] of supplied) {
    const phones = form.split(' ');
    assert.ok(phones.every(isPhone), `${word} ${form}`);
    assert.ok(phones.some(isVowel), `${word} has no vowel`);
    assert.is(phones.filter((phone) => phone.endsWith('1')).length, 1, `${word} ${form}`);
  }
});

test('repeats no word of CMUdict unless it corrects it', () => {
  for (const word of Object.keys(names)) {
    assert.not(cmudict.has(word), word);
    assert.not(Object.hasOwn(terms, word), word);
  }
});

test('corrects only words that CMUdict has otherwise', () => {
  for (const [word, form] of corrected) {
    const first = cmudict.lookup(word)[0];
    assert.ok(first, `CMUdict lacks ${word}`);
    assert.is.not(first.join(' '), form, word);
    assert.not(Object.hasOwn(terms, word), word);
  }
  const words = corrected.map(([word]) => word);
  assert.is(new Set(words).size, words.length);
});

test('lists no regular plural whose base is listed too', () => {
  const form = new Map(supplied);
  const regular = Object.entries(names).filter(([word, phones]) => {
    const base = word.endsWith('s') ? form.get(word.slice(0, -1)) : undefined;
    return base !== undefined && withS(base.split(' ')).join(' ') === phones;
  });
  assert.equal(regular, []);
});

/** Read wrongly in the trial of 0.1.0. */
const TRIAL: [word: string, phones: string][] = [
  ['airbnb', 'EH1 R B IY2 AH0 N B IY2'],
  ['nginx', 'EH1 N JH IH0 N EH2 K S'],
  ['wegovy', 'W AH0 G OW1 V IY0'],
  ['xarelto', 'Z ER0 EH1 L T OW0'],
  ['cholecystectomy', 'K OW2 L AH0 S IH0 S T EH1 K T AH0 M IY0'],
  ['buttigieg', 'B UW1 T AH0 JH EH2 JH'],
  ['saoirse', 'S ER1 SH AH0'],
  ['phuket', 'P UW0 K EH1 T'],
  ['edamame', 'EH2 D AH0 M AA1 M EY0'],
  ['pikachu', 'P IY1 K AH0 CH UW2'],
  ['uber', 'UW1 B ER0'],
  ['concrete', 'K AA1 N K R IY2 T'],
  ['goatherd', 'G OW1 T HH ER2 D'],
  ['doxxed', 'D AA1 K S T'],
  ["o'er", 'AO1 R'],
];

for (const [word, form] of TRIAL) test(`says ${word}`, () => assert.is(say(word), form));

test('derives the plural and the possessive from the same phones', () => {
  assert.is(say('params'), `${say('param')} Z`);
  assert.is(say('kardashians'), say("kardashian's"));
  assert.is(say('tiktoks'), `${say('tiktok')} S`);
  assert.is(say("uber's"), 'UW1 B ER0 Z');
  assert.is(say("netflix'"), say('netflix'));
  assert.is(pronouncer.pronounceWord('wegovys').provenance, 'derived');
  assert.is(pronouncer.pronounceWord('wegovy').provenance, 'lexicon');
  assert.is(say('zelenskyys'), `${say('zelenskyy')} Z`);
});

test('takes no other word for the plural of a name', () => {
  assert.is(say('grass'), 'G R AE1 S');
  assert.is(say('canvas'), 'K AE1 N V AH0 S');
  assert.is(say('lyons'), 'L AY1 AH0 N Z');
});

test('keeps a name whole in mixed case and in capitals', () => {
  const words = (text: string): string =>
    readEnglish(text)
      .sentences.flatMap((sentence) => sentence.words.map(({ text: word }) => word))
      .join(' ');
  assert.is(words('NGINX and AirBnB run here'), 'nginx and airbnb run here');
  assert.is(words('We use SaaS tools and WeChat'), 'we use saas tools and wechat');
});

test.run();
