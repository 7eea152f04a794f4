// If this fails, pitch is wrong, or streamed speech buzzes where chunks meet.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Excitation, noiseAt, sineOfTurns } from '../../src/vocoder/hifigan-source.js';

const test = suite('excitation');
const FORM = { sampleRate: 22050, hop: 256 };

test('any stretch made alone is bit for bit that stretch of the whole', () => {
  const hz = Float64Array.from({ length: 60 }, (_, t) => 180 + 60 * Math.sin(t / 5));
  const excitation = new Excitation(hz, FORM);
  const whole = excitation.rows(0, 60);
  for (const [from, to] of [
    [0, 1],
    [7, 20],
    [31, 60],
    [59, 60],
  ] as const) {
    assert.equal(excitation.rows(from, to), whole.slice(from * 512, to * 512));
    const memory = new Float32Array((to - from) * 512).fill(7);
    assert.is(excitation.rows(from, to, memory), memory);
    assert.equal(memory, whole.slice(from * 512, to * 512));
  }
});

test('reads F0 only as far as one frame beyond the rows', () => {
  const hz = Float64Array.from({ length: 60 }, (_, t) => 180 + 60 * Math.sin(t / 5));
  const whole = new Excitation(hz, FORM).rows(0, 60);
  const filling = new Float64Array(60);
  const excitation = new Excitation(filling, FORM);
  for (const [from, to] of [
    [0, 7],
    [7, 31],
    [31, 60],
  ] as const) {
    filling.set(hz.subarray(0, Math.min(60, to + 1)));
    assert.equal(excitation.rows(from, to), whole.slice(from * 512, to * 512));
  }
});

test('pulses come F0 times a second', () => {
  const rows = new Excitation(new Float64Array(86).fill(220.5), FORM).rows(0, 86);
  const peaks: number[] = [];
  for (let n = 1; n < rows.length / 2 - 1; n++) {
    const [before, here, after] = [rows[2 * n - 2]!, rows[2 * n]!, rows[2 * n + 2]!];
    if (here > 1 && here >= before && here > after) peaks.push(n);
  }
  assert.is(peaks.length, 219 + 1);
  for (let i = 1; i < peaks.length; i++) assert.is(peaks[i]! - peaks[i - 1]!, 100);
});

test('the sine of turns is that of radians, in any quarter and after many turns', () => {
  for (let n = 0; n <= 4000; n++) {
    const turns = n / 97 - 20;
    const error = Math.abs(sineOfTurns(turns) - Math.sin(2 * Math.PI * (turns - Math.round(turns))));
    assert.ok(error < 1e-13, `${turns} turns: off by ${error}`);
  }
  assert.equal([0.25, 0.75, 100.25].map(sineOfTurns).map(Math.fround), [1, -1, 1]);
});

test('noise has mean 0, deviation 0.3 and no period', () => {
  const noise = Float64Array.from({ length: 50_000 }, (_, n) => noiseAt(n));
  const mean = noise.reduce((a, b) => a + b, 0) / noise.length;
  const deviation = Math.sqrt(noise.reduce((sum, x) => sum + x * x, 0) / noise.length);
  assert.ok(Math.abs(mean) < 0.005 && Math.abs(deviation - 0.3) < 0.003, `${mean}, ${deviation}`);
  for (const lag of [1, 256, 1024]) {
    let sum = 0;
    for (let n = lag; n < noise.length; n++) sum += noise[n]! * noise[n - lag]!;
    assert.ok(Math.abs(sum / noise.length / 0.09) < 0.02, `correlated at ${lag}`);
  }
});

test.run();
