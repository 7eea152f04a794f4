// If this fails, the studio shows and speaks other sentences after a change of the text than those that are written.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { boundaryAt } from '../../src/frontend/en-us/sentence-boundary.js';
import { splitSentences } from '../../src/frontend/sentences.js';
import { AT_ONCE, type Cut, NOTHING, recutting, rowing } from '../../web/src/state/split.js';

const test = suite('sentences of the studio');

function recut(before: Cut, text: string): { cut: Cut; steps: number } {
  const work = recutting(before, text);
  for (let steps = 1; ; steps++) {
    const { value, done } = work.next();
    if (done) return { cut: value, steps };
  }
}

const parts = fc.constantFrom(
  ...[
    'Dr. Who',
    'went',
    'home',
    'e.g.',
    'at 5 p.m.',
    'He said',
    'so on',
    '3.14',
    'No. 5',
    '“What?”',
    'x'.repeat(300),
  ],
  ...['.', '. ', '! ', '? ', '...', '\n', '\n\n', ', ', ' ', '; ', '😀'],
);
const prose = (most: number): fc.Arbitrary<string> =>
  fc.array(parts, { maxLength: most }).map((list) => list.join(' '));

test('cuts a changed text as it cuts the whole', () => {
  const changes = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(60), prose(6)), {
    maxLength: 4,
  });
  fc.assert(
    fc.property(prose(1500), changes, (start, list) => {
      let text = start;
      let { cut } = recut(NOTHING, text);
      assert.equal(cut.slices, splitSentences(text, boundaryAt));
      for (const [where, removed, added] of list) {
        const at = Math.floor(where * text.length);
        text = text.slice(0, at) + added + text.slice(at + removed);
        ({ cut } = recut(cut, text));
        assert.equal(cut.slices, splitSentences(text, boundaryAt));
      }
    }),
    { numRuns: 40 },
  );
});

test('cuts no more than a stretch around a change', () => {
  const text = Array.from({ length: 16_000 }, (_, n) => `This is sentence ${n} of a long text. `).join('');
  const whole = recut(NOTHING, text);
  assert.is(whole.cut.slices.length, 16_000);
  assert.ok(whole.steps > 100);
  const middle = text.indexOf('This is sentence 8000 ');
  const typed = recut(whole.cut, `${text.slice(0, middle)}New. ${text.slice(middle)}`);
  assert.is(typed.cut.slices.length, 16_001);
  const moving = 8000 / AT_ONCE; // those behind the change are moved, and none is cut
  assert.ok(typed.steps <= 2 + moving, `${typed.steps} steps`);
});

test('handles no more than a thousand sentences before the page may turn to something else', () => {
  const text = Array.from({ length: 9000 }, (_, n) => `${n} is short. `).join('');
  let before = NOTHING;
  for (const changed of [text, `New. ${text}`, `${text} New.`, text.slice(9)]) {
    const work = rowing(before, changed);
    let known = 0;
    for (;;) {
      const { value, done } = work.next();
      const { list, places } = done ? value.rows : value;
      assert.ok(list.length - known <= AT_ONCE, `${list.length - known} at once`);
      known = list.length;
      if (!done) continue;
      before = value.cut;
      assert.is(places.size, known);
      assert.is(places.get(list.at(-1)!.key), known - 1);
      break;
    }
    assert.is(known, before.slices.length);
  }
});

test.run();
