// If this fails, pasted HTML, Markdown or LaTeX crashes the frontend, takes too long, or moves the words' places.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MARKUP_WORDS } from '../../src/frontend/en-us/markup-words.js';
import { MarkupStream } from '../../src/frontend/markup.js';
import type { LeaveOut, ReadingOptions } from '../../src/frontend/reading-options.js';
import type { SentenceSlice } from '../../src/frontend/sentences.js';
import type { SpokenSentence } from '../../src/frontend/spoken-sentence.js';
import type { Span } from '../../src/frontend/utterance.js';
import { englishReader, readEnglish } from './en-us/english.js';
import { toNotation } from './en-us/normalize/notation.js';

const test = suite('markup');

const MARKUP = [
  ...[
    '<',
    '>',
    '</',
    '<br>',
    '<p>',
    '</p>',
    '<b>',
    '</b>',
    '<a href="x">',
    '<li>',
    '<td>',
    '<sup>',
    '<x>',
    '</x>',
  ],
  ...[
    '<img alt="cat">',
    '<!--',
    '-->',
    '<script>',
    '</script>',
    '<style>',
    '<table>',
    '</table>',
    '<?xml ?>',
    '<3',
  ],
  ...[
    '<![CDATA[',
    ']]>',
    '<a@b.co>',
    '<http://a.b>',
    '&',
    '&amp;',
    '&lt;',
    '&#39;',
    '&#x1F600;',
    '&eacute',
    ';',
  ],
  ...[
    '[',
    ']',
    '[1]',
    '[^1]',
    '[^1]: ',
    '[a](b)',
    '](',
    '[x][1]',
    '![',
    '![a](b.png)',
    '[1]: http://a.b\n',
    '(',
    ')',
  ],
  ...[
    '`',
    '``',
    '```',
    '```js\n',
    '~~~',
    '*',
    '**',
    '***',
    '_',
    '==',
    '---\n',
    '===\n',
    '| a | b |\n',
    '|---|\n',
  ],
  ...[
    '#',
    '# ',
    '> ',
    '- ',
    '1. ',
    '\n',
    '\n\n',
    '\r\n',
    ' ',
    '  ',
    'key: value\n',
    '.12 ',
    'word.1',
    '-\n',
    '\uFFFE',
  ],
  ...[
    '$',
    '$$',
    '$5',
    '$x^2$',
    '\\',
    '\\(',
    '\\)',
    '\\[',
    '\\]',
    '\\frac',
    '{',
    '}',
    '{1}',
    '^',
    '^{',
    '_{',
    '\\sqrt',
  ],
  ...[
    '\\alpha',
    '\\sum',
    '\\int',
    '\\text{',
    '\\left(',
    '\\begin{align}',
    '\\end{align}',
    '\\\\',
    '\\item',
    '\\cite{a}',
  ],
  ...[
    '\\section{',
    '\\textbf{',
    '\\$',
    '\\*',
    '|',
    '!',
    '.',
    ',',
    '"',
    "'",
    '=',
    '+',
    '-',
    '/',
    '¯\\_(ツ)_/¯',
    '(╯°□°)╯',
  ],
  ...[
    'a',
    'word',
    'Word',
    'nega',
    'tive',
    '1',
    '24',
    'é',
    '\u00AD',
    '\uFDD0',
    '\uFDD0x',
    'λ',
    'Привет',
    '東',
    '😀',
    'C:\\a',
  ],
];
const TEXT = fc
  .array(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...MARKUP) },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 3 }) },
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));
const LEAVE_OUT: readonly LeaveOut[] = ['code', 'addresses', 'citations', 'brackets', 'tables'];
const OPTIONS: fc.Arbitrary<ReadingOptions> = fc.record({
  leaveOut: fc.subarray([...LEAVE_OUT]),
  unsupported: fc.constantFrom('skip', 'name'),
});

test('reads any markup with spans in order inside the source', () => {
  fc.assert(
    fc.property(TEXT, OPTIONS, (text, options) => {
      let last: Span = [0, 0];
      for (const { words, span: whole } of readEnglish(text, options).sentences) {
        assert.ok(whole[0] >= 0 && whole[0] < whole[1] && whole[1] <= text.length);
        for (const { span } of words) {
          assert.ok(span[0] < span[1] && span[0] >= whole[0] && span[1] <= whole[1], `${span} in ${whole}`);
          const isSame = span[0] === last[0] && span[1] === last[1];
          assert.ok(isSame || span[0] >= last[1], `${span} after ${last}`);
          last = span;
        }
      }
    }),
    { numRuns: 1500, seed: 3 },
  );
});

test('reads a text in pieces as it reads the whole', () => {
  fc.assert(
    fc.property(TEXT, fc.integer({ min: 1, max: 9 }), OPTIONS, (text, size, options) => {
      const reader = englishReader(options);
      const sentences: SpokenSentence[] = [];
      const take = (slices: SentenceSlice[]) => {
        for (const sentence of reader.speak(slices)) if (sentence) sentences.push(sentence);
      };
      for (let at = 0; at < text.length; at += size) take(reader.cut(text.slice(at, at + size)));
      take(reader.cutRest());
      const plain = (list: SpokenSentence[]) => list.map(({ span, words }) => ({ span, words }));
      const whole = readEnglish(text, options);
      assert.equal(plain(sentences), plain(whole.sentences));
      assert.equal(reader.warnings(), whole.warnings);
    }),
    { numRuns: 1500, seed: 5 },
  );
});

/** The sentences of a text in the readers' notation. */
const read = (text: string, options: ReadingOptions = {}): string =>
  readEnglish(text, options).sentences.map(toNotation).join(' | ');

const LEFT_OUT: [LeaveOut, string, with_: string, without: string][] = [
  ['code', 'Run `ls` now.', 'run L S now.', 'run now.'],
  ['code', 'Then:\n```sh\nls here\n```\nDone.', 'then: | L S here. | done.', 'then: | done.'],
  ['code', 'Use <code>ls</code> and <pre>c d</pre>.', 'use L S and. | C D.', 'use and.'],
  [
    'citations',
    'It is so [1] and so.[2] Good.',
    'it is so, one, and so. two, good.',
    'it is so and so. | good.',
  ],
  ['brackets', 'He (my uncle) left [soon].', 'he, my uncle, left, soon.', 'he left.'],
  ['tables', 'See:\n\n| a | b |\n|---|---|\n| c | d |\n\nEnd.', 'see: | A, B. | C, D. | end.', 'see: | end.'],
  ['tables', 'See <table><tr><td>c</td></tr></table> end.', 'see. | C. | end.', 'see. | end.'],
];

for (const [kind, text, kept, left] of LEFT_OUT) {
  test(`leaves ${kind} out of ${JSON.stringify(text)}`.slice(0, 72), () => {
    assert.is(read(text, { leaveOut: [] }), kept);
    assert.is(read(text, { leaveOut: [kind] }), left);
    assert.match(readEnglish(text, { leaveOut: [kind] }).warnings.join('\n'), /left out/);
  });
}

test('gives every word the place of what it was read from', () => {
  const text = 'Caf&eacute; <b>nice</b>. 5: $\\frac{1}{2}x^2$, ![a cat](c.png) nega-\ntive.';
  const words = readEnglish(text).sentences.flatMap((sentence) => sentence.words);
  assert.equal(
    words.map((word) => [word.text, text.slice(...word.span)]),
    [
      ['cafe', 'Caf&eacute;'],
      ['nice', 'nice'],
      ['five', '5'],
      ['one', '\\frac{1}{2}'],
      ['half', '\\frac{1}{2}'],
      ['x', 'x'],
      ['squared', '^2'],
      ['a', 'a'],
      ['cat', 'cat'],
      ['negative', 'nega-\ntive'],
    ],
  );
});

test('ends paragraphs and sentences where block tags stand', () => {
  const { sentences } = readEnglish('<p>One here</p><ul><li>two</li><li>three</li></ul>');
  assert.equal(
    sentences.map((sentence) => [toNotation(sentence), sentence.end]),
    [
      ['one here.', 'paragraph'],
      ['two.', 'sentence'],
      ['three.', 'paragraph'],
    ],
  );
});

test('leaves markup as it is without preprocessing', () => {
  const words = (text: string) => read(text, { preprocessing: 'plain' });
  assert.is(words('one &amp; <b> two [1] three'), 'one; B two, three.');
  assert.match(readEnglish('a &amp; b', { preprocessing: 'plain' }).warnings.join(), /"&amp" at|"&amp;" at/);
});

test('warns of what it leaves out, not of marks alone', () => {
  for (const text of ['<p>one <b>two</b></p>', '==one== **two**', 'One\n===\ntwo', '$x^2$', 'a &amp; b'])
    assert.equal(readEnglish(text).warnings, [], text);
  for (const text of ['a [1] b', 'a <!-- c --> b', '[a](http://b.c)', 'a <script>b</script>', 'a.[^1]'])
    assert.is(readEnglish(text).warnings.length, 1, text);
});

test('speaks a sentence of prices before the text goes on', () => {
  const reader = englishReader({});
  assert.is(reader.cut('It costs $5 today. He paid 3 < 4 & left (5). Then he').length, 2);
});

test('reads a variable by its name, and no such mark of a caller', () => {
  assert.is(read('$a + I$'), 'A plus I.');
  const { sentences, warnings } = readEnglish('so \uFDD0a man');
  assert.is(toNotation(sentences[0]!), 'so a man.');
  assert.match(warnings[0]!, /^left out, a control character/);
});

/** What repeats where a rule looks for an end that never comes. */
const UNCLOSED = [
  ...[
    '<',
    '<a ',
    '<a b="',
    '<x>',
    '<script>',
    '<!--',
    '<![CDATA[',
    '<table>',
    '&',
    '&amp;',
    '&lt;a',
    '[',
    '[a](',
    '[a][',
  ],
  ...[
    '![a](',
    '[1] ',
    '`',
    '``a`',
    '```\n',
    '**a',
    '==a',
    '$a',
    '$$a',
    '\\(',
    '\\[',
    '\\frac{',
    '\\sqrt[',
    'a^{',
    'a_{',
  ],
  ...[
    '\\begin{align}',
    '\\textbf{a',
    'a.1 ',
    'a-\n',
    '---\n',
    '| a |\n',
    '|---|\n',
    '[1]: a\n',
    '(╯',
    '\uFFFE',
    'key: v\n',
  ],
];

/** Processor time: the clock counts what else the machine does. */
function secondsOf(unit: string, length: number): number {
  const text = unit.repeat(Math.ceil(length / unit.length));
  const stream = new MarkupStream({ leaveOut: LEAVE_OUT, words: MARKUP_WORDS, note: () => {} });
  const started = process.cpuUsage();
  stream.push(text);
  stream.end();
  return process.cpuUsage(started).user / 1e6;
}

// A quadratic rule takes minutes for a megabyte; the slowest of these takes 2 s for it on one old core.
test('takes any repeated markup in linear time', () => {
  for (const unit of UNCLOSED) assert.ok(secondsOf(unit, 100_000) < 2, `100 kB of ${JSON.stringify(unit)}`);
});

for (const unit of ['<!--', '![a](', '\\[', '<x>', UNCLOSED.join('')]) {
  test(`takes a megabyte of ${JSON.stringify(unit).slice(0, 40)}`, () => {
    assert.ok(secondsOf(unit, 1_000_000) < 15);
  });
}

test.run();
