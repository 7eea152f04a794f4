// If this fails, loudness and peaks are reported or reached wrongly: speech is too quiet, or clips in a
// converter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { analyzeAudio } from '../../src/audio/analyze.js';
import { PeakLimiter } from '../../src/audio/limiter.js';
import { integratedLoudness, kWeighting, truePeak } from '../../src/audio/loudness.js';
import { Arena } from '../../src/memory/arena.js';
import { SentenceFinish } from '../../src/synthesis/finish.js';
import { bufferOf } from './made.js';

const test = suite('loudness and peaks');

/** A sine of a level in dB below full scale, the same in every channel. */
function sine(
  hz: number,
  seconds: number,
  decibels: number,
  rate: number,
  channels = 1,
  phase = 0,
): Float32Array {
  const amplitude = 10 ** (decibels / 20);
  return Float32Array.from(
    { length: Math.round(seconds * rate) * channels },
    (_, i) => amplitude * Math.sin((2 * Math.PI * hz * Math.floor(i / channels)) / rate + phase),
  );
}

function joined(...parts: Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const near = (got: number | undefined, wanted: number, tolerance: number, what = '') =>
  assert.ok(
    got !== undefined && Math.abs(got - wanted) <= tolerance,
    `${what}: got ${got}, wanted ${wanted}`,
  );

test('has the filters at 48 kHz that ITU-R BS.1770-4 tabulates', () => {
  const [shelf, highPass] = kWeighting(48_000);
  const wanted = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585];
  for (const [i, x] of [...shelf.b, ...shelf.a].entries()) near(x, wanted[i]!, 1e-8);
  const second = [1, -2, 1, -1.99004745483398, 0.99007225036621];
  for (const [i, x] of [...highPass.b, ...highPass.a].entries()) near(x, second[i]!, 1e-8);
});

for (const rate of [8000, 22050, 48000]) {
  test(`meets EBU Tech 3341's stationary and gating cases at ${rate} Hz`, () => {
    const lufs = (samples: Float32Array) => integratedLoudness(samples, 2, rate);
    const tone = (decibels: number, seconds: number) => sine(1000, seconds, decibels, rate, 2);
    near(lufs(tone(-23, 5)), -23, 0.1, 'case 1');
    near(lufs(tone(-33, 5)), -33, 0.1, 'case 2');
    near(lufs(joined(tone(-36, 3), tone(-23, 18), tone(-36, 3))), -23, 0.1, 'case 3');
    near(
      lufs(joined(tone(-72, 3), tone(-36, 3), tone(-23, 18), tone(-36, 3), tone(-72, 3))),
      -23,
      0.1,
      'case 4',
    );
    near(lufs(joined(tone(-26, 20), tone(-20, 20.1), tone(-26, 20))), -23, 0.1, 'case 5');
    near(integratedLoudness(sine(1000, 5, -23, rate), 1, rate), -26.01, 0.1, 'one channel is half the power');
  });
}

test('gives no loudness for silence or less than 0.4 s', () => {
  assert.is(integratedLoudness(sine(1000, 0.39, -20, 48000), 1, 48000), undefined);
  assert.ok(integratedLoudness(sine(1000, 0.4, -20, 48000), 1, 48000));
  assert.is(integratedLoudness(new Float32Array(48000), 1, 48000), undefined);
  assert.is(integratedLoudness(new Float32Array(0), 2, 48000), undefined);
});

test('reads the true peak of a sine that peaks between samples', () => {
  for (const rate of [16000, 48000]) {
    for (const [divisor, phase] of [
      [4, 45],
      [6, 60],
      [8, 67.5],
      [4, 0],
    ] as const) {
      const tone = sine(rate / divisor, 0.5, -6, rate, 1, (phase * Math.PI) / 180);
      for (let i = 0; i < 200; i++) {
        tone[i]! *= i / 200; // a sudden start has overshoots of its own
        tone[tone.length - 1 - i]! *= i / 200;
      }
      near(20 * Math.log10(truePeak(tone, 1)), -6, 0.1, `fs / ${divisor}`);
    }
  }
});

test('gives loudness and true peak of mono and stereo, not of silence', () => {
  const arena = new Arena();
  using stereo = bufferOf(arena, sine(1000, 2, -23, 48000, 2), { rate: 48000, channels: 2 });
  const { integratedLufs, truePeakDbtp } = analyzeAudio(stereo);
  near(integratedLufs, -23, 0.1);
  near(truePeakDbtp, -23, 0.1);
  using silent = bufferOf(arena, new Float32Array(8000));
  const analysis = analyzeAudio(silent);
  assert.not('integratedLufs' in analysis || 'truePeakDbtp' in analysis);
});

/** Loud noise in bursts, from a fixed generator. */
function bursts(length: number, level: number): Float32Array {
  let state = 7;
  return Float32Array.from({ length }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (Math.floor(i / 3000) % 2 ? level : 0.2) * (state / 2 ** 31 - 1);
  });
}

function limited(samples: Float32Array, rate: number, pieces: number[]): Float32Array {
  const limiter = new PeakLimiter(rate);
  const out = new Float32Array(samples.length);
  let [at, written] = [0, 0];
  for (let n = 0; at < samples.length; n++) {
    const piece = samples.subarray(at, at + pieces[n % pieces.length]!);
    written += limiter.push(piece, out.subarray(written));
    at += piece.length;
    assert.is(written, Math.max(0, at - limiter.delay), 'it holds back its delay, no more and no less');
  }
  written += limiter.end(out.subarray(written));
  assert.is(written, samples.length);
  return out;
}

test('lets no peak pass the ceiling at any rate and level', () => {
  for (const rate of [8000, 22050, 48000]) {
    for (const level of [1, 3, 10]) {
      const out = limited(bursts(30_000, level), rate, [30_000]);
      const peak = 20 * Math.log10(truePeak(out, 1));
      assert.ok(peak <= -1 && peak > -1.5, `${peak} dBTP at ${rate} Hz from ${level}`);
    }
    const square = Float32Array.from({ length: 20_000 }, (_, i) => (Math.floor(i / 60) % 2 ? 2 : -2));
    assert.ok(20 * Math.log10(truePeak(limited(square, rate, [20_000]), 1)) <= -1);
  }
});

test('passes quiet sound bit for bit, also after a peak', () => {
  const quiet = bursts(20_000, 0.2);
  assert.equal(limited(quiet, 22050, [20_000]), quiet);
  const one = quiet.slice();
  one[1000] = 3;
  const out = limited(one, 22050, [20_000]);
  assert.equal(out.subarray(0, 800), one.subarray(0, 800));
  assert.equal(out.subarray(12_000), one.subarray(12_000));
  assert.ok(Math.abs(out[1000]!) < 0.9);
});

test('gives the same samples for pieces of any size, in place or not', () => {
  const loud = bursts(20_000, 4);
  const whole = limited(loud, 22050, [20_000]);
  for (const pieces of [[1], [50, 7, 4000], [122], [19_999]])
    assert.is(maxAbs(limited(loud, 22050, pieces), whole), 0);
  const inPlace = loud.slice();
  const limiter = new PeakLimiter(22050);
  limiter.end(inPlace.subarray(limiter.push(inPlace, inPlace)));
  assert.is(maxAbs(inPlace, whole), 0);
  assert.equal(limited(loud.subarray(0, 40), 22050, [13]).length, 40);
});

test('finishes a sentence alike in parts and in one', () => {
  const raw = sine(300, 2, -10, 22050).map((x) => x + 0.05);
  const lufs = integratedLoudness(sine(300, 2, -10, 22050), 1, 22050)!;
  const whole = raw.slice();
  new SentenceFinish(lufs, 22050, raw.length).apply(whole, 0);
  near(integratedLoudness(whole, 1, 22050), -23, 0.1);
  const middle = whole.subarray(11025, 33075);
  near(middle.reduce((a, b) => a + b, 0) / middle.length, 0, 1e-4, 'offset');
  assert.ok(Math.abs(whole[0]!) < 1e-4 && Math.abs(whole.at(-1)!) < 1e-4);
  const parts = raw.slice();
  const finish = new SentenceFinish(lufs, 22050, raw.length);
  for (let at = 0; at < parts.length; at += 700) finish.apply(parts.subarray(at, at + 700), at);
  assert.is(maxAbs(parts, whole), 0);
  const silent = new Float32Array(100);
  new SentenceFinish(undefined, 22050, 100).apply(silent, 0);
  assert.ok(silent.every((x) => x === 0));
});

test.run();
