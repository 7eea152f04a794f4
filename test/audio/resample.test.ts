// If this fails, audio at other sample rates is noisy, aliased, of the wrong length, or clicks between
// chunks.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { Resampler } from '../../src/audio/resample.js';
import { useResampler } from '../../src/audio/resampler-library.js';
import { voirsError } from '../expect.js';

const test = suite('resampler');
const RATES = [8000, 16000, 44100, 48000];
const tone = (hz: number, rate: number, seconds = 1) =>
  Float32Array.from({ length: rate * seconds }, (_, n) => 0.5 * Math.sin((2 * Math.PI * hz * n) / rate));

for (const rate of RATES) {
  test(`keeps a tone to 100 dB from 22050 to ${rate} Hz`, async () => {
    using resampler = await Resampler.create(22050, rate);
    const out = new Float32Array(resampler.outputFrames(22050 * 3));
    resampler.convert(tone(1000, 22050, 3), out);
    assert.is(out.length, rate * 3);
    const wanted = tone(1000, rate, 3);
    let signal = 0;
    let noise = 0;
    for (let n = 1000; n < out.length - 1000; n++) {
      signal += wanted[n]! ** 2;
      noise += (out[n]! - wanted[n]!) ** 2;
    }
    const decibels = 10 * Math.log10(signal / noise);
    assert.ok(decibels > 100, `${decibels.toFixed(1)} dB`);
  });
}

test('removes what the lower rate cannot hold', async () => {
  using resampler = await Resampler.create(22050, 8000);
  const out = new Float32Array(8000);
  resampler.convert(tone(6000, 22050), out);
  assert.ok(out.subarray(1000, 7000).every((x) => Math.abs(x) < 1e-5));
});

test('gives for pieces of any size what one piece gives', async () => {
  for (const rate of [16000, 48000]) {
    using resampler = await Resampler.create(22050, rate);
    const input = tone(440, 22050, 4).map((x, n) => x + 0.2 * Math.sin(n * n * 1e-5));
    const whole = new Float32Array(resampler.outputFrames(input.length));
    resampler.convert(input, whole);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 12 }), (sizes) => {
        const stream = resampler.stream();
        const parts: Float32Array[] = [];
        let at = 0;
        for (const size of sizes) {
          parts.push(stream.push(input.subarray(at, at + size)));
          at = Math.min(input.length, at + size);
        }
        parts.push(stream.push(input.subarray(at)), stream.end());
        const joined = parts.flatMap((part) => [...part]);
        assert.ok(maxAbs(joined, whole) < 1e-6, `${maxAbs(joined, whole)}`);
      }),
      { numRuns: 15, seed: 2 },
    );
  }
});

test('keeps stereo channels apart', async () => {
  using resampler = await Resampler.create(22050, 44100, 2);
  const left = tone(500, 22050);
  const input = new Float32Array(left.length * 2);
  left.forEach((x, n) => {
    input[2 * n] = x;
  });
  const out = new Float32Array(resampler.outputFrames(left.length) * 2);
  resampler.convert(input, out);
  assert.ok(out.some((x, i) => i % 2 === 0 && Math.abs(x) > 0.4));
  assert.ok(out.every((x, i) => i % 2 === 0 || x === 0));
});

test('converts more at once than the library can hold, at any two rates', async () => {
  for (const [from, to, channels, seconds] of [
    [1000, 192_000, 1, 8],
    [1001, 192_000, 1, 8],
    [191_999, 96_001, 2, 2],
    [8000, 192_000, 2, 3],
  ] as const) {
    using resampler = await Resampler.create(from, to, channels);
    const mono = tone(100, from, seconds);
    const input = Float32Array.from(
      { length: mono.length * channels },
      (_, i) => mono[Math.floor(i / channels)]!,
    );
    const out = new Float32Array(resampler.outputFrames(mono.length) * channels);
    resampler.convert(input, out);
    const wanted = tone(100, to, seconds);
    let worst = 0;
    const edge = Math.round(0.6 * to) * channels;
    for (let i = edge; i < out.length - edge; i++)
      worst = Math.max(worst, Math.abs(out[i]! - wanted[Math.floor(i / channels)]!));
    assert.ok(worst < 1e-5, `${from} to ${to} Hz, ${channels} channels: ${worst}`);
  }
});

test('refuses what is no sample rate', async () => {
  for (const rate of [0, -1, 22050.5, Number.NaN, 1e9, 192_001, 384_000])
    await voirsError(() => Resampler.create(22050, rate), 'INVALID_OPTIONS');
});

test('says what to do where its library does not load', async () => {
  useResampler(() => Promise.reject(new TypeError('import() is disallowed')));
  const error = await voirsError(() => Resampler.create(22050, 8000), 'IO_ERROR');
  assert.match(error.message, /import\(\) is disallowed.*service-worker/);
  useResampler(() => Promise.resolve({ other: 1 }));
  await voirsError(() => Resampler.create(22050, 8000), 'IO_ERROR');
  useResampler(() => import('@alexanderolsen/libsamplerate-js'));
  (await Resampler.create(22050, 8000)).dispose();
  await voirsError(() => useResampler(1 as never), 'INVALID_OPTIONS');
});

test('makes one converter for all resamplers of the same rates', async () => {
  const loaded = await import('@alexanderolsen/libsamplerate-js');
  const library = 'create' in loaded ? loaded : (loaded as { default: typeof loaded }).default;
  const counts = { made: 0, freed: 0 };
  const create = async (...given: Parameters<typeof library.create>) => {
    counts.made++;
    const converter = await library.create(...given);
    const destroy = () => {
      counts.freed++;
      converter.destroy();
    };
    return { simple: (samples: Float32Array) => converter.simple(samples), destroy };
  };
  useResampler(async () => ({ ...library, create }));
  const input = Float32Array.from({ length: 4000 }, (_, i) => Math.sin(i / 9));
  const out = () => new Float32Array(2000);
  const [one, other] = await Promise.all([Resampler.create(22050, 11025), Resampler.create(22050, 11025)]);
  const [first, second] = [out(), out()];
  one.convert(input, first);
  other.convert(input, second);
  assert.equal(first, second);
  one.dispose();
  one.dispose();
  await Promise.resolve();
  assert.equal(counts, { made: 1, freed: 0 });
  other.dispose();
  await Promise.resolve();
  assert.equal(counts, { made: 1, freed: 1 });
  useResampler(() => import('@alexanderolsen/libsamplerate-js'));
});

test.run();
