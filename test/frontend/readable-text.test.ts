// If this fails, captions show markup, or their words are not those of the text.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readableText } from '../../src/frontend/readable-text.js';

const test = suite('readable text');
const shown = (text: string, input?: 'ssml') => readableText(text, input).replace(/\s+/g, ' ').trim();

test('takes out markup and keeps what is read', () => {
  const cases: [string, string][] = [
    ['# Two\n\nThe *second* one, **bold**.', 'Two The second one, bold.'],
    ['<body><h1>Two</h1><p>The <i>second</i> one &amp; more.</p></body>', 'Two The second one & more.'],
    ['A [link](https://example.org/x) and `code`.', 'A link and code .'],
    ['Energy is $mc^2$ here.', 'Energy is mc^2 here.'],
    ['| a | b |\n|---|---|\n| 1 | 2 |', 'a b 1 2'],
    [
      '- one\n* two\n  + [x] three\n\n> four\n>> five\n\n---\n\n~~six~~ _seven_',
      'one two three four five six seven',
    ],
    ['a_b - c, ~5 and -3\n-4 is less', 'a_b - c, ~5 and -3 -4 is less'],
    ['1 < 2, 3 > 2 & 2 * 3 * 4', '1 < 2, 3 > 2 & 2 * 3 * 4'],
  ];
  for (const [text, wanted] of cases)
    assert.is(shown(text).replace(/ (?=[.,])/g, ''), wanted.replace(/ (?=[.,])/g, ''));
  assert.is(shown('<speak>One <break/>&amp; two</speak>', 'ssml'), 'One & two');
});

test('keeps every character in its place', () => {
  const pieces = fc.constantFrom(
    'a',
    ' ',
    '\n',
    '<b>',
    '</b>',
    '&amp;',
    '*',
    '# ',
    '`',
    '|',
    '$',
    '^',
    '[x](y)',
    '\u{1f600}',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), (parts) => {
      const text = parts.join('');
      const readable = readableText(text);
      assert.is(readable.length, text.length);
      for (let i = 0; i < text.length; i++)
        assert.ok(readable[i] === text[i] || readable[i] === ' ' || text[i] === '&', `${i} of ${text}`);
    }),
  );
});

test.run();
