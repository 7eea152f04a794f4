// If this fails, a book loses text where it is cut, or a part is longer than what a worker was promised.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { split } from '../src/split.js';

const test = suite('split');
/** Half a character. */
const LONE = /[\ud800-\udbff]$|^[\udc00-\udfff]/;
const texts = (text: string, most: number) =>
  split(text, most).map(({ start, end }) => text.slice(start, end));

test('cuts any text into parts of the length allowed that are the whole', () => {
  const pieces = fc.constantFrom('a ', 'word', '. ', '\n\n', '</p>', '<p>', '\u{1f600}', ' ', '?" ', '\n');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 300 }), fc.integer({ min: 1, max: 60 }), (words, most) => {
      const text = words.join('');
      const parts = texts(text, most);
      assert.is(parts.join(''), text);
      assert.ok(parts.every((part) => part.length > 0 && part.length <= most));
      if (most > 1) assert.ok(!parts.some((part) => LONE.test(part)));
    }),
  );
});

test('cuts after paragraphs of text and of markup, else after sentences, else after words', () => {
  assert.equal(texts('One is here.\n\nTwo is here.\n\nThree.', 30), [
    'One is here.\n\nTwo is here.\n\n',
    'Three.',
  ]);
  assert.equal(texts('<p>One is here.</p><p>Two. And more.</p>', 36), [
    '<p>One is here.</p>',
    '<p>Two. And more.</p>',
  ]);
  assert.equal(texts('One is here. Two is here. Three is.', 30), ['One is here. Two is here. ', 'Three is.']);
  assert.equal(texts('one two three four five', 12), ['one two ', 'three four ', 'five']);
});

test('takes time in proportion to the text', () => {
  let visited = 0;
  const counting = (text: string): string =>
    new Proxy(new String(text), {
      get(target, name) {
        if (name === 'slice') {
          return (from: number, to?: number) => {
            const part = text.slice(from, to);
            visited += part.length;
            return part;
          };
        }
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(text) : value;
      },
    }) as unknown as string;
  const text = 'A sentence of some words. '.repeat(4000);
  split(counting(text), 4500);
  assert.ok(visited <= 2 * text.length, `${visited} characters for ${text.length}`);
});

test.run();
