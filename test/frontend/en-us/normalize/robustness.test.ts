// If this fails, a text crashes the frontend, takes too long, or highlights the wrong place.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsError } from '../../../../src/errors.js';
import type { ReadingOptions } from '../../../../src/frontend/reading-options.js';
import { LONGEST_SENTENCE, type SentenceSlice } from '../../../../src/frontend/sentences.js';
import type { SpokenSentence } from '../../../../src/frontend/spoken-sentence.js';
import { englishReader, englishSentences, readEnglish } from '../english.js';

const EXPRESSIONS = [
  '$5.20',
  '1999',
  '3:05 pm',
  'Dr. ',
  'St. ',
  'U.S. ',
  'FBI',
  'iPhone',
  "'90s",
  '½',
  'x²',
  'km',
  '5 km/h',
  '°C',
  'H₂O',
  'IV',
  'Henry VIII',
  '(555) 123-4567',
  '10-20',
  '12/31/1999',
  'a@b.co',
  'http://x.y/z?q=1',
  '#Tag',
  '@me',
  'v2.0',
  '...',
  '—',
  '"',
  "'",
  '(',
  ')',
  ' ',
  '\n',
  '\n\n',
  '😀',
  '👨‍👩‍👧',
  '🇺🇸',
  '\u0000',
  '\u202e',
  '\ud800',
  '\udc00',
  'é',
  'ﬁ',
  '\u00ad',
  'Ω',
  '№',
  '%',
  '/',
  '-',
  '+',
  '=',
  '^',
  '~',
  '*',
  '_',
  'a',
  'A',
  'I',
  '0',
  '.',
  ',',
  ':',
  "n't",
  '5\'10"',
  '\u00a0',
  'ª',
  '1️⃣',
  '`',
  '\\',
  '[x]',
  '](http://a.b)',
  '①',
  '㎏',
  '𝐀',
];
const TEXT = fc
  .array(
    fc.oneof(
      fc.constantFrom(...EXPRESSIONS),
      fc.string({ unit: 'binary', maxLength: 4 }),
      fc.string({ maxLength: 6 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.join(''));
const OPTIONS: fc.Arbitrary<ReadingOptions> = fc.record({
  preprocessing: fc.constantFrom('full', 'plain'),
  unsupported: fc.constantFrom('error', 'skip', 'name'),
  emoji: fc.constantFrom('skip', 'name'),
});

test('gives well-formed words or a VoirsError for any text', () => {
  fc.assert(
    fc.property(TEXT, OPTIONS, (text, options) => {
      let spoken: ReturnType<typeof readEnglish>;
      try {
        spoken = readEnglish(text, options);
      } catch (error) {
        assert.instance(error, VoirsError);
        assert.is((error as VoirsError).code, 'UNSUPPORTED_TEXT');
        assert.is(options.unsupported, 'error');
        return;
      }
      let last: [number, number] = [0, 0];
      for (const sentence of spoken.sentences) {
        assert.ok(sentence.words.length > 0);
        assert.not.equal(sentence.words.at(-1)!.boundary, '_');
        for (const { text: word, span, boundary, reading } of sentence.words) {
          assert.match(word, reading === 'letter' ? /^[a-z]$/ : /^(?=.*[a-z])[a-z']+$/);
          assert.match(boundary, /^[_,;:.?!]$/);
          assert.ok(span[0] < span[1] && span[0] >= sentence.span[0] && span[1] <= sentence.span[1]);
          const same = span[0] === last[0] && span[1] === last[1];
          assert.ok(same || span[0] >= last[1], `${span} after ${last}`);
          last = span;
        }
      }
    }),
    { numRuns: 1500, seed: 11 },
  );
});

test('refuses an unsupported script with its first span', () => {
  for (const [text, span, excerpt] of [
    ['Hello Привет мир', '6-12', 'Привет'],
    ['One. 你好。', '5-7', '你好'],
    ['ok مرحبا', '3-8', 'مرحبا'],
    ['नमस्ते', '0-6', 'नमस्ते'],
    ['λόγος', '0-5', 'λόγος'],
  ] as const) {
    assert.throws(
      () => readEnglish(text, { unsupported: 'error' }),
      (error: unknown) =>
        error instanceof VoirsError &&
        error.code === 'UNSUPPORTED_TEXT' &&
        error.message.includes(span) &&
        (error.got ?? '').includes(excerpt),
      text,
    );
  }
});

test('skips an unsupported script with a warning', () => {
  const { sentences, warnings } = readEnglish('Say สวัสดี now.', { unsupported: 'skip' });
  assert.equal(
    sentences[0]!.words.map((word) => word.text),
    ['say', 'now'],
  );
  assert.match(warnings.join('\n'), /สวัสดี/);
  assert.match(warnings.join('\n'), /4-10/);
});

test('speaks a text in pieces as it speaks the whole', () => {
  fc.assert(
    fc.property(TEXT, fc.integer({ min: 1, max: 12 }), (text, size) => {
      const reader = englishReader({ unsupported: 'skip' });
      const sentences: SpokenSentence[] = [];
      const take = (slices: SentenceSlice[]) => {
        for (const sentence of reader.speak(slices)) if (sentence) sentences.push(sentence);
      };
      for (let at = 0; at < text.length; at += size) take(reader.cut(text.slice(at, at + size)));
      take(reader.cutRest());
      // Where no words follow, the end of a paragraph shows only later: ends are not compared.
      const plain = (list: SpokenSentence[]) => list.map(({ span, words }) => ({ span, words }));
      const whole = readEnglish(text, { unsupported: 'skip' });
      assert.equal(plain(sentences), plain(whole.sentences));
      assert.equal(reader.warnings(), whole.warnings);
    }),
    { numRuns: 500, seed: 13 },
  );
});

test('warns of a sign without a reading, not of quotes', () => {
  assert.match(readEnglish('a ^ b ♬ c').warnings.join('\n'), /no reading.*"\^"|no reading.*"♬"/);
  assert.equal(readEnglish('"Quoted" and *bold* it\'s').warnings, []);
});

test('reads plain words only without preprocessing', () => {
  const { sentences, warnings } = readEnglish('In 1999, the FBI paid $5.20 to him!', {
    preprocessing: 'plain',
  });
  assert.equal(
    sentences[0]!.words.map((word) => word.text + word.boundary),
    ['in,', 'the_', 'fbi_', 'paid_', 'to_', 'him!'],
  );
  assert.match(warnings.join('\n'), /"1999" at 3-7/);
  assert.match(warnings.join('\n'), /"\$5\.20" at 22-27/);
  const words = (text: string) =>
    readEnglish(text, { preprocessing: 'plain' }).sentences.flatMap((sentence) =>
      sentence.words.map((word) => word.text),
    );
  assert.equal(words('Well-known (or not), and/or it\'s "ours" — yes.'), [
    'well',
    'known',
    'or',
    'not',
    'and',
    'or',
    "it's",
    'ours',
    'yes',
  ]);
  assert.equal(words('See https://a.b/c or me@x.org, ok'), ['see', 'or', 'ok']);
});

test('leaves out controls and lone surrogates', () => {
  const text = 'He\u0000llo \ud800there\u202e friend\u2066s\u2069.';
  const { sentences, warnings } = readEnglish(text);
  assert.equal(
    sentences.flatMap((sentence) => sentence.words.map((word) => word.text)),
    ['he', 'llo', 'there', 'friends'],
  );
  assert.match(warnings.join('\n'), /control character/);
});

test('gives no sentence for text without words', () => {
  for (const text of ['', ' \n ', '...', '😀😀', '--- *** ---', '\u0000'])
    assert.equal(readEnglish(text).sentences, [], text);
});

test('reads an emoji by its name', () => {
  const { sentences } = readEnglish('Hi 😀!', { emoji: 'name' });
  assert.equal(
    sentences[0]!.words.map((word) => word.text),
    ['hi', 'grinning', 'face'],
  );
  assert.equal(sentences[0]!.words[1]!.span, [3, 5]);
});

/** Counts what the frontend does to a text: calls of regular expressions and characters copied by slices. */
function countWork(work: () => void): number {
  const { exec } = RegExp.prototype;
  const { slice } = String.prototype;
  let count = 0;
  RegExp.prototype.exec = function (text: string) {
    count += 1;
    return exec.call(this, text);
  };
  String.prototype.slice = function (start?: number, end?: number) {
    const part = slice.call(this, start, end);
    count += 1 + part.length;
    return part;
  };
  try {
    work();
  } finally {
    RegExp.prototype.exec = exec;
    String.prototype.slice = slice;
  }
  return count;
}

const repeated = (unit: string, length: number) => unit.repeat(Math.ceil(length / unit.length));
const HOSTILE: Record<string, (length: number) => string> = {
  prose: (length) => repeated('Dr. Smith paid $5.20 for 3 km in 1999, at 3:05 pm. It was "fine"... ', length),
  'one word': (length) => repeated('a', length),
  'one number': (length) => repeated('1234567890', length),
  'no full stop': (length) => repeated('word after word ', length),
  'dots without spaces': (length) => repeated('a.', length),
  'full stops': (length) => repeated('.', length),
  'spaced full stops': (length) => repeated('. ', length),
  'grouped digits': (length) => repeated('1,', length),
  'hyphened digits': (length) => repeated('1-', length),
  slashes: (length) => repeated('a/', length),
  'at signs': (length) => repeated('a@', length),
  'open quotes': (length) => repeated("'a ", length),
  brackets: (length) => repeated('(', length),
  capitals: (length) => repeated('AB ', length),
  spaces: (length) => `a${repeated(' ', length)}b`,
  lines: (length) => repeated('a\n', length),
  apostrophes: (length) => repeated("a'", length),
  accents: (length) => `e${repeated('\u0301', length)}`,
  joiners: (length) => repeated('👨\u200d', length),
  carets: (length) => repeated('x^', length),
  'square brackets': (length) => repeated('[', length),
  'links never closed': (length) => repeated('[a](b ', length),
  'tags never closed': (length) => repeated('<p><a href="x', length),
  'comments never closed': (length) => repeated('<!-- a ', length),
  'code never closed': (length) => repeated('`a ', length),
  'formulas never closed': (length) => repeated('$x\\frac{', length),
  'commands in commands': (length) => repeated('\\sqrt{', length),
  entities: (length) => repeated('&amp', length),
  stars: (length) => repeated('**a', length),
  'apostrophes alone': (length) => repeated("'", length),
  'accents alone': (length) => repeated('\u0301', length),
  functions: (length) => repeated('f(x|', length),
  factorials: (length) => repeated('5! ', length),
  menus: (length) => repeated('Ab > ', length),
  'names of programs': (length) => repeated('MAX_', length),
  stutters: (length) => repeated('I-', length),
  notes: (length) => repeated('1 n.2 ¶', length),
  'marks out of five': (length) => repeated('4.2/5 ', length),
  hearts: (length) => repeated('I ❤ ', length),
};

for (const [name, make] of Object.entries(HOSTILE)) {
  test(`does linear work on ${name}`, () => {
    const work = (length: number) => countWork(() => readEnglish(make(length)));
    const [small, large] = [work(4_000), work(32_000)];
    assert.ok(large <= small * 8 * 1.25, `${small} steps for 4,000 characters, ${large} for 32,000`);
  });
}

test('does linear work on a stream of single characters', () => {
  const work = (length: number) =>
    countWork(() => {
      const stream = englishSentences();
      for (const character of repeated('word after word ', length)) stream.push(character);
      stream.end();
    });
  // A short text is joined at each push, at the cost of its length: beyond that the growth is linear.
  const [small, large] = [work(20_000), work(160_000)];
  assert.ok(large <= small * 8 * 1.25, `${small} steps for 20,000 characters, ${large} for 160,000`);
});

test('speaks a text of a megabyte whole', () => {
  const unit = 'Every word of this long text is spoken, and none is lost. ';
  const count = Math.ceil(1_000_000 / unit.length);
  const { sentences } = readEnglish(unit.repeat(count));
  assert.is(sentences.length, count);
  assert.is(
    sentences.reduce((total, sentence) => total + sentence.words.length, 0),
    count * 12,
  );
});

test('reads ten thousand letters whole, in parts of a bounded length', () => {
  const letters = 'abcdefghij'.repeat(1000);
  const words = readEnglish(`Say ${letters} now.`).sentences.flatMap((sentence) => sentence.words);
  assert.is(words.map(({ text }) => text).join(''), `say${letters}now`);
  assert.ok(words.every(({ text }) => text.length <= LONGEST_SENTENCE));
  for (const [n, { span }] of words.entries()) assert.ok(n === 0 || span[0] >= words[n - 1]!.span[1]);
});

test.run();
