// If this fails, what users are told about their audio (length, level, brightness, silences) is wrong.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { analyzeAudio } from '../../src/audio/analyze.js';
import { fft } from '../../src/audio/fft.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';
import { bufferOf, leavingNoLease, RATE, tone } from './made.js';

const test = suite('analyze audio');
const arena = new Arena();
const close = (got: number, wanted: number, within: number) =>
  assert.ok(Math.abs(got - wanted) <= within, `${got} instead of ${wanted}`);

const check = (name: string, run: () => void | Promise<void>) => test(name, leavingNoLease(arena, run));

check('computes the transform that the sum defines, for any samples', () => {
  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(fc.constantFrom(2, 7, 8, 30, 32), values, values, (size, a, b) => {
      const re = Float64Array.from(a.slice(0, size));
      const im = Float64Array.from(b.slice(0, size));
      const wantedRe = new Float64Array(size);
      const wantedIm = new Float64Array(size);
      for (let k = 0; k < size; k++) {
        for (let n = 0; n < size; n++) {
          const [cos, sin] = [Math.cos((2 * Math.PI * k * n) / size), Math.sin((2 * Math.PI * k * n) / size)];
          wantedRe[k]! += re[n]! * cos + im[n]! * sin;
          wantedIm[k]! += im[n]! * cos - re[n]! * sin;
        }
      }
      fft(re, im);
      assert.ok(maxAbs(re, wantedRe) < 1e-12 && maxAbs(im, wantedIm) < 1e-12);
    }),
    { numRuns: 50, seed: 1 },
  );
});

check('measures the frequency and the level of a tone', () => {
  for (const hz of [250, 1000, 3000]) {
    using mono = bufferOf(arena, tone(hz, 4)); // long: its ends, cut as they are, have all frequencies
    using stereo = mono.toStereo();
    for (const audio of [mono, stereo]) {
      const { duration, rmsEnergy, zeroCrossingRate, spectralCentroid, silenceRegions } = analyzeAudio(audio);
      assert.is(duration, 4);
      close(rmsEnergy, 0.5 / Math.SQRT2, 1e-6);
      close(zeroCrossingRate, (2 * hz) / RATE, 1e-3);
      close(spectralCentroid!, hz, 10);
      assert.equal(silenceRegions, []);
    }
  }
});

check('weighs loud parts most in the centroid of either channel', () => {
  using quiet = bufferOf(arena, tone(3000, 4));
  quiet.gain(-60);
  using loud = bufferOf(arena, tone(500, 4));
  using both = loud.append(quiet);
  close(analyzeAudio(both).spectralCentroid!, 500, 25);
  using opposite = bufferOf(
    arena,
    [...tone(500, 4)].flatMap((x) => [x, -x]),
    { channels: 2 },
  );
  close(analyzeAudio(opposite).spectralCentroid!, 500, 10);
});

check('finds silences of the least length at either end and between', () => {
  const samples = new Float32Array(3 * RATE);
  samples.fill(0.5, 0.5 * RATE, RATE);
  samples.fill(-0.5, 1.05 * RATE, 1.5 * RATE); // 50 ms before it
  samples.fill(0.01, 1.75 * RATE, 2 * RATE); // -40 dB
  for (const channels of [1, 2]) {
    using mono = bufferOf(arena, samples);
    using audio = channels === 1 ? mono.toMono() : mono.toStereo();
    assert.equal(analyzeAudio(audio).silenceRegions, [
      { start: 0, end: 0.5 },
      { start: 1.5, end: 1.75 },
      { start: 2, end: 3 },
    ]);
    assert.equal(analyzeAudio(audio, { silenceThresholdDb: -30, minSilenceSeconds: 0.05 }).silenceRegions, [
      { start: 0, end: 0.5 },
      { start: 1, end: 1.05 },
      { start: 1.5, end: 3 },
    ]);
  }
});

check('leaves out figures that silence and empty audio do not have', () => {
  using silence = bufferOf(arena, new Float32Array(RATE));
  assert.equal(analyzeAudio(silence), {
    duration: 1,
    rmsEnergy: 0,
    zeroCrossingRate: 0,
    silenceRegions: [{ start: 0, end: 1 }],
  });
  using nothing = bufferOf(arena, []);
  assert.equal(analyzeAudio(nothing), { duration: 0, rmsEnergy: 0, zeroCrossingRate: 0, silenceRegions: [] });
  using click = bufferOf(arena, [0.5]);
  assert.is(analyzeAudio(click).zeroCrossingRate, 0);
  assert.ok(Math.abs(analyzeAudio(click).spectralCentroid! - RATE / 4) < 1, 'a click has all frequencies');
});

check('refuses bad options and disposed audio', async () => {
  const audio = bufferOf(arena, tone(440, 1));
  for (const options of [
    { silenceThresholdDb: 3 },
    { silenceThresholdDb: Number.NaN },
    { minSilenceSeconds: -1 },
  ])
    await voirsError(() => analyzeAudio(audio, options), 'INVALID_OPTIONS');
  audio.dispose();
  await voirsError(() => analyzeAudio(audio), 'DISPOSED');
});

test.run();
