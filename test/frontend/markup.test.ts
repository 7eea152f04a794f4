// If this fails, pasted HTML, Markdown or LaTeX crashes the frontend, takes too long, or moves the words' places.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MarkupStream } from '../../src/frontend/markup.js';
import { TextReader, toSpoken } from '../../src/frontend/normalize/spoken.js';
import type { LeaveOut, ReadingOptions } from '../../src/frontend/reading-options.js';
import type { SpokenSentence } from '../../src/frontend/spoken-sentence.js';
import type { Span } from '../../src/frontend/utterance.js';
import { toNotation } from './normalize/notation.js';

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
      for (const { words, span: whole } of toSpoken(text, options).sentences) {
        assert.ok(whole[0] >= 0 && whole[0] < whole[1] && whole[1] <= text.length);
        for (const { span } of words) {
          assert.ok(span[0] < span[1] && span[0] >= whole[0] && span[1] <= whole[1], `${span} in ${whole}`);
          const isSame = span[0] === last[0] && span[1] === last[1];
          assert.ok(isSame || span[0] >= last[1], `${span} after ${last}`);
          last = span;
        }
      }
    }),
    { numRuns: 3000, seed: 3 },
  );
});

test('reads a text in pieces as it reads the whole', () => {
  fc.assert(
    fc.property(TEXT, fc.integer({ min: 1, max: 9 }), OPTIONS, (text, size, options) => {
      const reader = new TextReader(options);
      const sentences: SpokenSentence[] = [];
      for (let at = 0; at < text.length; at += size)
        sentences.push(...reader.push(text.slice(at, at + size)));
      sentences.push(...reader.end());
      const plain = (list: SpokenSentence[]) => list.map(({ span, words }) => ({ span, words }));
      const whole = toSpoken(text, options);
      assert.equal(plain(sentences), plain(whole.sentences));
      assert.equal(reader.warnings(), whole.warnings);
    }),
    { numRuns: 3000, seed: 5 },
  );
});

test.run();
