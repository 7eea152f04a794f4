// If this fails, phones written in IPA or X-SAMPA are spoken wrong, or printed phones mislead the user.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsError } from '../../src/errors.js';
import { CompactLexicon } from '../../src/frontend/en-us/lexicon/compact-lexicon.js';
import { isPhone, isVowel, PHONES } from '../../src/frontend/phonemes.js';
import {
  alphabetNamed,
  formatPhones,
  PHONETIC_ALPHABETS,
  parsePhones,
} from '../../src/frontend/phonetic-alphabets.js';

const test = suite('phonetic alphabets');

test('has the inventory that the voice was trained on', () => {
  const model = JSON.parse(readFileSync(new URL('../../weights/arctic/model.json', import.meta.url), 'utf8'));
  const phones = (model.tokens as string[]).filter((token) => /^[A-Z]/.test(token));
  assert.equal([...PHONES].sort(), phones.sort());
});

const read: [text: string, alphabet: (typeof PHONETIC_ALPHABETS)[number], phones: string][] = [
  ['həˈloʊ', 'ipa', 'HH AH0 L OW1'],
  ['/', 'ipa', ''],
  ['kæt', 'ipa', 'K AE1 T'],
  ['ðə', 'ipa', 'DH AH0'],
  ['ˈwɔːtə', 'ipa', 'W AO1 T AH0'],
  ['ˈbʌtn̩', 'ipa', 'B AH1 T AH0 N'],
  ['t͡ʃiːz', 'ipa', 'CH IY1 Z'],
  ['ˈt.ʃi', 'ipa', 'T SH IY1'],
  ['ɡaʁˈsɔ̃', 'ipa', 'G AA0 R S AO1 N'],
  ['ˌɪntəˈnæʃənəl', 'ipa', 'IH2 N T AH0 N AE1 SH AH0 N AH0 L'],
  ['h@"loU', 'x-sampa', 'HH AH0 L OW1'],
  ['"Tr\\i', 'x-sampa', 'TH R IY1'],
  ['"tS3`tS', 'x-sampa', 'CH ER1 CH'],
  ['hh ah l ow', 'x-arpabet', 'HH AH0 L OW1'],
  ['HH AH0 L OW1', 'x-arpabet', 'HH AH0 L OW1'],
  ['', 'ipa', ''],
  ['ʘ', 'ipa', ''],
  ['HH QQ', 'x-arpabet', ''],
];
for (const [text, alphabet, phones] of read) {
  test(`${phones ? 'reads' : 'refuses'} ${alphabet} ${JSON.stringify(text)}`, () => {
    if (phones !== '') assert.is(parsePhones(text, alphabet).join(' '), phones);
    else
      assert.throws(
        () => parsePhones(text, alphabet),
        (error: unknown) => error instanceof VoirsError && error.code === 'INVALID_TEXT',
      );
  });
}

test('writes stress marks and separating dots', () => {
  assert.is(formatPhones(['HH', 'AH0', 'L', 'OW1'], 'ipa'), 'həˈloʊ');
  assert.is(formatPhones('IH2 N T ER0 N AE1 SH AH0 N AH0 L'.split(' '), 'ipa'), 'ˌɪntɚˈnæʃənəl');
  assert.is(formatPhones('D R AO1 IH0 NG'.split(' '), 'ipa'), 'ˈdɹɔ.ɪŋ');
  assert.is(formatPhones('S T R EH1 NG K TH'.split(' '), 'x-sampa'), '"str\\ENkT');
});

test('reads back every pronunciation from IPA and X-SAMPA', () => {
  const bytes = readFileSync(new URL('../../weights/lexicon/cmudict.bin', import.meta.url));
  let compared = 0;
  for (const [word, pronunciations] of CompactLexicon.open(bytes).entries()) {
    for (const phones of pronunciations) {
      // A word without any main stress (hmm) cannot be told from one that leaves the mark out.
      if (!phones.some((phone) => phone.endsWith('1'))) continue;
      compared += 1;
      for (const alphabet of ['ipa', 'x-sampa'] as const) {
        const back = parsePhones(formatPhones(phones, alphabet), alphabet);
        if (back.join(' ') !== phones.join(' '))
          assert.is(back.join(' '), phones.join(' '), `${word} in ${alphabet}`);
      }
    }
  }
  assert.ok(compared > 130_000, `${compared} pronunciations`);
});

test("reads Microsoft's alphabets", () => {
  assert.is(parsePhones('h eh 1 l ow', 'sapi').join(' '), 'HH EH1 L OW0');
  assert.is(parsePhones('t ax - m ey 1 - t ow 2', 'sapi').join(' '), 'T AH0 M EY1 T OW2');
  assert.is(parsePhones('S1 T AX . M EI . T O + U', 'ups').join(' '), 'T AH1 M EY0 T OW0');
  assert.is(parsePhones('H AX . S1 L OU', 'ups').join(' '), 'HH AH0 L OW1');
  for (const alphabet of ['sapi', 'ups'] as const)
    assert.throws(() => parsePhones('h qq', alphabet), /got "QQ"; wanted symbols of/);
});

test('knows the alphabets by the names that vendors give them', () => {
  const names = ['IPA', 'ipa ', 'arpabet', 'cmu-arpabet', 'x-cmu', 'X-SAMPA', 'sapi', 'UPS', 'pinyin'];
  assert.equal(names.map(alphabetNamed), [
    ...['ipa', 'ipa', 'x-arpabet', 'x-arpabet', 'x-arpabet', 'x-sampa', 'sapi', 'ups', undefined],
  ]);
});

test('gives real phones or a VoirsError for any text', () => {
  const symbols = fc.constantFrom(...'ˈˌ.əæɑɔɪʊʃʒθðŋtdʤ̃͡ː"%@{3`\\ HAO01', 'AH0', 'tS');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(symbols).map((s) => s.join('')),
      ),
      fc.constantFrom(...PHONETIC_ALPHABETS),
      (text, alphabet) => {
        try {
          const phones = parsePhones(text, alphabet);
          assert.ok(phones.length > 0 && phones.every(isPhone));
          const written = alphabet === 'sapi' || alphabet === 'ups' ? undefined : alphabet;
          if (written && phones.some((phone) => isVowel(phone) && phone.endsWith('1'))) {
            assert.equal(parsePhones(formatPhones(phones, written), written), phones);
          }
        } catch (error) {
          assert.instance(error, VoirsError, String(error));
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test.run();
