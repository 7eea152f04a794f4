// If this fails, accents, ligatures or full-width letters are misread, or the wrong word is highlighted.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fold } from '../../../src/frontend/en-us/unicode.js';

const FOLDED: [string, string][] = [
  ['café naïve', 'cafe naive'],
  ['cafe\u0301', 'cafe'],
  ['“Hi,” she said—‘no’…', '"Hi," she said—\'no\'...'],
  ['ﬁnd eﬃcient', 'find efficient'],
  ['Ｈｅｌｌｏ１２３', 'Hello123'],
  ['Æsop œuvre straße Øre Łódź', 'AEsop oeuvre strasse Ore Lodz'],
  ['3½ ½cup', '3 1⁄2 1⁄2 cup'],
  ['m² x⁻¹²', 'm^2 x^-12'],
  ['H₂O', 'H2O'],
  ['20℃', '20°C'],
  ['№ 5', 'No. 5'],
  ['a\u00adb\u200bc\u2060d', 'abcd'],
  ['\u202eabc\u202c', 'abc'],
  ['one\u3000two\u2003three', 'one two three'],
  ['1\u00a0000 km\u00a0away', '1\u00a0000 km away'],
  ['𝐁𝐨𝐥𝐝 ① Ⅷ', 'Bold 1 VIII'],
  ['Brand™ © 2024', 'Brand © 2024'],
  ['  a \t\r\n b  ', 'a b'],
];

for (const [source, expected] of FOLDED) {
  test(`folds ${JSON.stringify(source)}`, () => assert.is(fold(source, { emoji: 'skip' }).text, expected));
}

test('maps every folded character to its source in order', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (source) => {
      const { text, starts, ends } = fold(source, { emoji: 'skip', base: 100 });
      assert.is(starts.length, text.length);
      for (let i = 0; i < text.length; i += 1) {
        assert.ok(starts[i]! >= 100 && starts[i]! < ends[i]! && ends[i]! <= 100 + source.length);
        if (i > 0) assert.ok(starts[i]! >= starts[i - 1]! && ends[i]! >= ends[i - 1]!);
        if (/[a-z]/.test(text[i]!) && /[a-z]/.test(source[starts[i]! - 100]!))
          assert.is(source[starts[i]! - 100], text[i]);
      }
      assert.is(text, text.trim());
      assert.not.match(text, / {2}/);
    }),
    { numRuns: 1000, seed: 5 },
  );
});

test('reports what is left out by kind with its span', () => {
  const { unsupported, discarded, emoji, symbols } = fold('a Привет \u0000 \ud800 😀 ♬ λόγος', {
    emoji: 'skip',
  });
  assert.equal(unsupported, [
    [2, 8],
    [18, 23],
  ]);
  assert.equal(discarded, [
    [9, 10],
    [11, 12],
  ]);
  assert.equal(emoji, [[13, 15]]);
  assert.equal(symbols, [[16, 17]]);
});

test('transliterates Greek and Cyrillic in the case they have', () => {
  const folded = fold('Щука, США, ψυχή, Αθήνα, ё', { emoji: 'skip', unsupported: 'skip' });
  assert.is(folded.text, 'Shchuka, SSHA, psychi, Athina, yo');
  assert.equal(folded.unsupported, []);
  assert.equal(folded.transliterated[0], [0, 4]);
});

test('parts numbers in circles', () => {
  assert.is(fold('①②③', { emoji: 'skip' }).text, '1 2 3');
  assert.is(fold('1️⃣ first', { emoji: 'skip' }).text, '1, first');
});

test('names emoji of any skin tone or presentation', () => {
  const named = (emoji: string) => fold(emoji, { emoji: 'name' }).text;
  assert.is(named('😀'), ', grinning face,');
  assert.is(named('👍🏽'), ', thumbs up,');
  assert.is(named('❤️'), ', red heart,');
});

test.run();
