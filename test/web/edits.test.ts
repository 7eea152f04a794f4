// If this fails, a hand on the picture changes another sound than the one it holds, or takes it out of what can be
// spoken.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finish } from '../../src/frontend/steps.js';
import type { Utterance } from '../../src/frontend/utterance.js';
import { utteranceCheck } from '../../src/frontend/utterance-check.js';
import type { Render } from '../../web/src/engine/render.js';
import { pillOf } from '../../web/src/shape/draw.js';
import { emphasise, setDuration, setPitch, stretch, transpose } from '../../web/src/shape/edits.js';
import { layoutOf } from '../../web/src/shape/layout.js';

const test = suite('edits of the studio');

/** "aa b" in one sentence and "c" in another; each phone is two frames of a tenth of a second. */
function example(): Utterance {
  const token = (symbol: string, word: number | null) => ({
    symbol,
    word,
    duration: 2,
    pitch: 0.5,
    energy: 0,
  });
  const word = (text: string, phones: string[], from: number) => ({
    ...{ text, phones, provenance: 'lexicon' as const },
    span: [from, from + text.length] as [number, number],
  });
  return {
    ...{ format: 'voirs-utterance/1', text: 'aa b c', voice: 'v', warnings: [] },
    sentences: [
      {
        ...{ span: [0, 4], pauseAfter: 0.2, words: [word('aa', ['AA1', 'D'], 0), word('b', ['B'], 3)] },
        tokens: [
          token('^', null),
          token('AA1', 0),
          token('D', 0),
          token('_', null),
          token('B', 1),
          token('$', null),
        ],
      },
      {
        ...{ span: [5, 6], pauseAfter: 0, words: [word('c', ['K'], 5)] },
        tokens: [token('^', null), token('K', 0), token('$', null)],
      },
    ],
  };
}

function rendered(): Render {
  const phone = (name: string, start: number) => ({ phone: name, start, end: start + 0.2 });
  const word = (text: string, span: [number, number], phones: ReturnType<typeof phone>[]) => ({
    ...{ text, span, phones, provenance: 'lexicon' as const },
    ...{ start: phones[0]!.start, end: phones.at(-1)!.end },
  });
  return {
    text: 'aa b c',
    samples: new Float32Array(200),
    sampleRate: 100,
    words: [
      word('aa', [0, 2], [phone('AA1', 0.2), phone('D', 0.4)]),
      word('b', [3, 4], [phone('B', 0.8)]),
      word('c', [5, 6], [phone('K', 1.4)]),
    ],
  };
}

test('places every sound where it is heard', () => {
  const { tokens, words, seconds, frameSeconds } = layoutOf(example(), rendered());
  assert.is(seconds, 2);
  assert.ok(Math.abs(frameSeconds - 0.1) < 1e-9);
  assert.equal(
    words.map(({ text, start }) => [text, start]),
    [
      ['aa', 0.2],
      ['b', 0.8],
      ['c', 1.4],
    ],
  );
  const sounds = tokens.filter(({ word }) => word !== undefined);
  assert.equal(
    sounds.map(({ symbol, word, start }) => [symbol, word, start]),
    [
      ['AA1', 0, 0.2],
      ['D', 0, 0.4],
      ['B', 1, 0.8],
      ['K', 2, 1.4],
    ],
  );
  tokens.reduce((before, { start, end }) => {
    assert.ok(start >= before - 1e-9 && end >= start, `${start} to ${end} after ${before}`);
    return start;
  }, 0);
});

test('shows a word as it is written, and each word that a number is read as', () => {
  const utterance = example();
  utterance.sentences[0]!.words[0]!.span = [0, 2];
  utterance.sentences[0]!.words[1]!.span = [3, 5];
  utterance.sentences[1]!.words[0]!.span = [3, 5];
  const { words } = layoutOf(utterance, { ...rendered(), text: 'Aa 42' });
  assert.equal(
    words.map(({ text }) => text),
    ['Aa', 'b', 'c'],
  );
});

test('gives a chosen word room for its letters, however short it is and wherever it stands', () => {
  const number = fc.double({ min: 0, max: 400, noNaN: true });
  fc.assert(
    fc.property(number, number, fc.double({ min: 1, max: 150, noNaN: true }), (start, length, letters) => {
      const { left, width } = pillOf(start, start + length, letters, 320);
      assert.ok(width >= letters + 12 - 1e-6);
      assert.ok(width >= length - 2 - 1e-6);
      const isWider = width > length - 2 + 1e-6;
      assert.ok(!isWider || (left >= 1 && left + width <= 320), `${left} to ${left + width}`);
      if (!isWider) assert.ok(Math.abs(left - start - 1) < 1e-6);
    }),
  );
});

/** The tokens that differ, as sentence:token. */
function changed(one: Utterance, other: Utterance): string[] {
  return one.sentences.flatMap(({ tokens }, s) =>
    tokens.flatMap((token, n) =>
      JSON.stringify(token) === JSON.stringify(other.sentences[s]!.tokens[n]) ? [] : [`${s}:${n}`],
    ),
  );
}

test('changes the sound or the word that is held, and no other', () => {
  const before = example();
  assert.equal(changed(before, setDuration(before, 0, 4, 7)), ['0:4']);
  assert.equal(changed(before, setPitch(before, 1, 1, 2)), ['1:1']);
  assert.equal(changed(before, emphasise(before, 0, 1)), ['0:1', '0:2']);
  assert.equal(changed(before, transpose(before, 2, 2, 0.2)), ['1:1']);
  assert.equal(changed(before, stretch(before, 1, 1.2)), ['0:4']);
  assert.equal(before, example());
});

test('emphasises the stressed vowel more than the rest', () => {
  const [, vowel, rest] = emphasise(example(), 0, 1).sentences[0]!.tokens;
  assert.ok(vowel!.pitch! > rest!.pitch! && rest!.pitch! > 0.5);
  assert.ok(vowel!.energy! > rest!.energy!);
});

test('stays within what can be spoken, whatever is done', () => {
  const edit = fc.oneof(
    fc.record({
      kind: fc.constant('duration' as const),
      to: fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    }),
    fc.record({ kind: fc.constant('pitch' as const), to: fc.double({ min: -1e4, max: 1e4, noNaN: true }) }),
    fc.record({
      kind: fc.constantFrom('stronger', 'softer', 'longer', 'shorter', 'higher'),
      to: fc.constant(0),
    }),
  );
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 30 }), (edits) => {
      let now = example();
      for (const { kind, to } of edits) {
        if (kind === 'duration') now = setDuration(now, 0, 1, to);
        if (kind === 'pitch') now = setPitch(now, 0, 1, to);
        if (kind === 'stronger' || kind === 'softer') now = emphasise(now, 0, kind === 'stronger' ? 1 : -1);
        if (kind === 'longer' || kind === 'shorter')
          now = stretch(now, 0, kind === 'longer' ? 1.18 : 1 / 1.18);
        if (kind === 'higher') now = transpose(now, 0, 1.5, 0.2);
      }
      finish(utteranceCheck(now));
      for (const { duration, pitch } of now.sentences[0]!.tokens) {
        assert.ok(Number.isInteger(duration) && duration! >= 1 && duration! <= 60, `${duration}`);
        assert.ok(Math.abs(pitch!) <= 4);
      }
    }),
  );
});

test.run();
