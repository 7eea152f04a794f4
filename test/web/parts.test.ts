// If this fails, a long text loses or doubles letters while it is written in the studio, or its field holds so much that
// every key waits.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  endOf,
  fieldOf,
  MOST,
  type Parts,
  partsOf,
  showing,
  startOf,
  written,
} from '../../web/src/state/parts.js';

const test = suite('parts of a long text');

const piece = fc.constantFrom(
  ...['word ', 'Another one. ', 'end.\n', 'A paragraph.\n\n', 'x'.repeat(9000), '😀'.repeat(7001), '   '],
);
const text = fc
  .array(fc.tuple(piece, fc.integer({ min: 1, max: 400 })), { maxLength: 30 })
  .map((list) => list.map(([one, times]) => one.repeat(one.length > 100 ? 1 + (times % 3) : times)).join(''));

const all = (parts: Parts): string[] => parts.starts.map((_, n) => fieldOf(showing(parts, n)));

function isWhole({ text, starts }: Parts): void {
  assert.is(all({ text, starts, index: 0 }).join(''), text);
  for (const part of all({ text, starts, index: 0 })) {
    assert.not.match(part, /^[\uDC00-\uDFFF]/);
    assert.not.match(part, /[\uD800-\uDBFF]$/);
  }
}

test('holds every letter in one part, and no part is too long for a field', () => {
  fc.assert(
    fc.property(text, fc.double({ min: 0, max: 1, noNaN: true }), (whole, share) => {
      const place = Math.floor(share * whole.length);
      const parts = partsOf(whole, place);
      isWhole(parts);
      assert.ok(all(parts).every(({ length }) => length <= MOST));
      assert.ok(startOf(parts) <= place && place <= endOf(parts));
      assert.is(parts.starts.length > 1, whole.length > MOST);
    }),
  );
});

test('parts a text between paragraphs, else between sentences, else between words', () => {
  const paragraphs = partsOf('One two three. Four.\n\n'.repeat(5000));
  assert.ok(all(paragraphs).every((part) => part.endsWith('\n\n')));
  const sentences = partsOf('One two three. '.repeat(5000));
  assert.ok(all(sentences).every((part) => part.endsWith('. ')));
  const words = partsOf('one '.repeat(20_000));
  assert.ok(all(words).every((part) => part.endsWith(' ')));
});

test('keeps what is written in a part, and the other parts', () => {
  const plain = text.map((one) => one.replaceAll('😀', 'é')); // the changes below would cut a pair in two
  const change = fc.tuple(fc.nat(40), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(300), plain);
  fc.assert(
    fc.property(plain, fc.array(change, { maxLength: 6 }), (start, changes) => {
      let parts = partsOf(start);
      for (const [index, share, removed, added] of changes) {
        parts = showing(parts, index);
        const field = fieldOf(parts);
        const at = Math.floor(share * field.length);
        const now = field.slice(0, at) + added + field.slice(at + removed);
        const expected = parts.text.slice(0, startOf(parts)) + now + parts.text.slice(endOf(parts));
        const caret = startOf(parts) + at + added.length;
        parts = written(parts, now, at + added.length);
        assert.is(parts.text, expected);
        isWhole(parts);
        assert.ok(startOf(parts) <= caret && caret <= endOf(parts));
        if (now.length <= 2 * MOST) assert.is(fieldOf(parts), now);
        else assert.ok(fieldOf(parts).length <= MOST);
      }
    }),
    { numRuns: 60 },
  );
});

test.run();
