// If this fails, changes of loudness click, are not the decibels asked for, or differ between streamed and whole audio.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Token } from '../../src/frontend/utterance.js';
import { GainCurve } from '../../src/synthesis/finish.js';

const test = suite('gain curve');
const HOP = 256;
const tokens = (...gains: (number | undefined)[]): Token[] =>
  gains.map((gain) => ({ symbol: 'AH0', word: 0, ...(gain === undefined ? {} : { gain }) }));
const ones = (length: number) => new Float32Array(length).fill(1);

test('each token has its decibels away from its edges', () => {
  const samples = ones(9 * HOP);
  new GainCurve(tokens(undefined, 6, -100), [3, 3, 3], HOP).apply(samples, 0);
  const at = (frame: number) => samples[Math.round(frame * HOP)]!;
  assert.equal([at(0), at(1.5), at(2.7)], [1, 1, 1]);
  assert.ok(Math.abs(20 * Math.log10(at(4.5)) - 6) < 1e-4);
  assert.ok(at(8) <= 1.1e-5);
});

test('between two gains there is a short ramp and no jump', () => {
  const samples = ones(4 * HOP);
  new GainCurve(tokens(0, 12), [2, 2], HOP).apply(samples, 0);
  let most = 0;
  for (let i = 1; i < samples.length; i++) most = Math.max(most, Math.abs(samples[i]! - samples[i - 1]!));
  assert.ok(most < 0.03, `a jump of ${most}`);
  assert.is(samples[2 * HOP - 65], 1);
  assert.ok(
    Math.abs(samples[2 * HOP]! - (1 + 10 ** 0.6) / 2) < 1e-6,
    'the middle of the ramp is at the edge',
  );
});

test('applied in parts it is the same, and tokens without frames do not count', () => {
  const curve = new GainCurve(tokens(-3, 20, 5, undefined, 8, 8), [1, 0, 2, 3, 1, 1], HOP);
  const whole = ones(8 * HOP);
  curve.apply(whole, 0);
  for (const cuts of [[1], [1, 2, 3, 4, 5, 6, 7], [3, 6]]) {
    const parts = ones(8 * HOP);
    [0, ...cuts].forEach((from, i, all) => {
      curve.apply(parts.subarray(from * HOP, (all[i + 1] ?? 8) * HOP), from * HOP);
    });
    assert.equal(parts, whole);
  }
  assert.ok(Math.max(...whole) < 10 ** (8 / 20) + 1e-6, 'a token of no frames was heard');
});

test('without gains the samples are untouched', () => {
  const samples = Float32Array.from({ length: 2 * HOP }, (_, i) => Math.sin(i));
  const before = samples.slice();
  new GainCurve(tokens(undefined, 0), [1, 1], HOP).apply(samples, 0);
  assert.equal(samples, before);
});

test.run();
