// If this fails, a researcher's mels differ from librosa's and HiFi-GAN's, or Griffin-Lim and F0 are no yardsticks.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, maxAbs } from '../../bench/lib/goldens.js';
import { estimateF0 } from '../../src/audio/f0.js';
import { griffinLim } from '../../src/audio/griffin-lim.js';
import { Mel, melValues } from '../../src/audio/mel.js';
import { HIFIGAN_MEL, LIBROSA_MEL, type MelForm, melForm } from '../../src/audio/mel-form.js';
import { melSpectrogram } from '../../src/audio/mel-spectrogram.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { toFloat32 } from '../../src/checkpoints/tensor.js';
import { VoirsError } from '../../src/errors.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';
import { random } from '../random.js';
import { bufferOf, leavingNoLease, tone } from './made.js';

const test = suite('mel spectrograms');
const arena = new Arena();
const check = (name: string, run: () => void | Promise<void>) => test(name, leavingNoLease(arena, run));

const { tensors, metadata } = readSafetensors(readFileSync(fixture('mel.golden.safetensors')));
const golden = (name: string): Float32Array => toFloat32(tensors.get(name)!);
const formOf = (name: string): MelForm => JSON.parse(metadata[`form_${name}`]!) as MelForm;

for (const name of ['hifigan', 'librosa', 'htk', 'odd']) {
  check(`equals librosa to 1e-5 in the form ${name}`, () => {
    const form = formOf(name);
    using mel = melSpectrogram(golden('samples'), form, { arena });
    assert.equal([mel.frames, mel.bands], tensors.get(name)!.shape);
    const wanted = golden(name);
    const shares = mel.values.map(
      (value, i) => Math.abs(value - wanted[i]!) / Math.max(1, Math.abs(wanted[i]!)),
    );
    assert.ok(maxAbs(shares, new Float32Array(wanted.length)) <= 1e-5, `differs by ${Math.max(...shares)}`);
    assert.equal(mel.form, form);
  });
}

test('names the forms of HiFi-GAN and librosa as they are', () => {
  assert.equal({ ...HIFIGAN_MEL }, formOf('hifigan'));
  assert.equal({ ...LIBROSA_MEL }, formOf('librosa'));
  assert.equal(melForm({ hopSize: 128 }), { ...HIFIGAN_MEL, hopSize: 128 });
});

check('takes audio at the rate of the form, and no other', async () => {
  using right = bufferOf(arena, tone(440, 0.2, 22_050), { rate: 22_050 });
  using mel = melSpectrogram(right, {}, { arena });
  assert.is(mel.frames, Math.floor((0.2 * 22_050) / 256));
  using slow = bufferOf(arena, tone(440, 0.5));
  const error = await voirsError(() => melSpectrogram(slow, {}, { arena }), 'INVALID_OPTIONS');
  assert.match(error.message, /8000 Hz.*22050 Hz.*resample/);
  using stereo = right.toStereo();
  await voirsError(() => melSpectrogram(stereo, {}, { arena }), 'INVALID_OPTIONS');
  await voirsError(() => melSpectrogram(right.samples.subarray(0, 100), {}, { arena }), 'INVALID_AUDIO');
  await voirsError(() => melSpectrogram([0, 1] as never), 'INVALID_AUDIO');
});

test('refuses forms that cannot be, and makes a mel of all others', () => {
  const forms = fc.record(
    {
      bands: fc.integer({ min: -1, max: 90 }),
      fftSize: fc.integer({ min: 0, max: 70 }),
      hopSize: fc.integer({ min: 0, max: 70 }),
      windowSize: fc.integer({ min: 0, max: 70 }),
      minHz: fc.double({ min: -1, max: 12_000 }),
      maxHz: fc.double({ min: -1, max: 12_000 }),
      framing: fc.constantFrom('hop', 'centre', 'inside', 'middle' as 'hop'),
      edges: fc.constantFrom('reflect', 'zero'),
      log: fc.constantFrom('natural', 'decimal', 'decibels', 'none'),
      power: fc.constantFrom(1, 2, 3 as 2),
      scale: fc.constantFrom('slaney', 'htk', 'bark' as 'htk'),
    },
    { requiredKeys: [] },
  );
  const samples = random(300, 1);
  fc.assert(
    fc.property(forms, (form) => {
      try {
        using mel = melSpectrogram(samples, {
          fftSize: 64,
          windowSize: 64,
          hopSize: 16,
          ...(form as object),
        });
        assert.ok(mel.values.every(Number.isFinite));
        assert.is(mel.values.length, mel.frames * mel.bands);
      } catch (error) {
        assert.instance(error, VoirsError, String(error));
      }
    }),
    { numRuns: 300, seed: 3 },
  );
});

check('reads mels as they come: turned round, in part, of other numbers', async () => {
  const rows = Float32Array.from({ length: 12 }, (_, i) => i); // [4, 3]
  using mel = Mel.of(rows, 3);
  assert.is(melValues(mel, 3), rows);
  const view = mel.toNdarray();
  assert.equal(view.shape, [4, 3]);
  assert.is(view.get(2, 1), 7);
  assert.equal([...melValues(view.lo(1, 0), 3)], [3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const turned = { data: [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], shape: [4, 3], stride: [1, 4] };
  assert.equal(melValues(turned, 3), rows);
  for (const wrong of [mel, view, rows.subarray(1), { shape: [3, 4] }, null, 'mel'])
    await voirsError(() => melValues(wrong as Mel, 5), 'INVALID_OPTIONS');
  await voirsError(() => Mel.of(rows, 5), 'INVALID_OPTIONS');
  mel.dispose();
  mel.dispose();
  await voirsError(() => mel.values, 'DISPOSED');
});

check('makes audio of a mel by Griffin-Lim, nearer with each round', async () => {
  const samples = golden('samples').subarray(0, 3800);
  using mel = melSpectrogram(samples, {}, { arena });
  const distances: number[] = [];
  for (const iterations of [1, 24]) {
    using audio = await griffinLim(mel, { iterations, arena });
    assert.is(audio.samples.length, mel.frames * 256);
    using again = melSpectrogram(audio, {}, { arena });
    let sum = 0;
    again.values.forEach((value, i) => {
      sum += Math.abs(value - mel.values[i]!);
    });
    distances.push(sum / mel.values.length);
  }
  assert.ok(distances[1]! < 0.2 && distances[1]! < 0.8 * distances[0]!, `${distances}`);
  using one = await griffinLim(mel, { iterations: 2, arena });
  using same = await griffinLim(mel, { iterations: 2, arena });
  assert.equal(one.samples, same.samples);
});

check('takes Griffin-Lim back to samples of every framing and logarithm', async () => {
  for (const name of ['librosa', 'htk', 'odd']) {
    const form = formOf(name);
    using mel = melSpectrogram(golden('samples'), form, { arena });
    using audio = await griffinLim(mel, { iterations: 1, arena });
    assert.ok(Math.abs(audio.samples.length - 5000) <= form.hopSize, `${audio.samples.length}`);
    assert.is(audio.sampleRate, form.sampleRate);
    using again = melSpectrogram(audio, form, { arena });
    assert.is(again.frames, mel.frames);
  }
});

check('ends Griffin-Lim at a signal, and refuses what it cannot take', async () => {
  using mel = melSpectrogram(golden('samples'), {}, { arena });
  await voirsError(() => griffinLim(mel, { arena, signal: AbortSignal.abort() }), 'ABORTED');
  await voirsError(() => griffinLim(mel, { iterations: 0 }), 'INVALID_OPTIONS');
  await voirsError(() => griffinLim(mel, { momentum: 2 }), 'INVALID_OPTIONS');
  await voirsError(() => griffinLim({} as Mel), 'INVALID_OPTIONS');
  await voirsError(() => griffinLim(mel, { rounds: 3 } as object), 'INVALID_OPTIONS');
});

test('finds the pitch of a glide to 1 %, and none in noise or silence', () => {
  const rate = 22_050;
  let phase = 0;
  const samples = Float32Array.from({ length: rate }, (_, n) => {
    phase += (2 * Math.PI * (90 + (200 * n) / rate)) / rate;
    return 0.1 * (Math.sin(phase) + 0.7 * Math.sin(2 * phase) + 0.5 * Math.sin(3 * phase));
  });
  samples.fill(0, 8000, 12_000);
  const { hz, voiced } = estimateF0(samples);
  assert.is(hz.length, Math.floor(rate / 256));
  const within = [...hz.keys()].slice(2, -2);
  for (const t of within) {
    const at = 256 * t + 128;
    const isClear = at < 7400 || at > 12_600;
    if (isClear) assert.is(voiced[t], 1, `frame ${t}`);
    if (at > 8600 && at < 11_400) assert.is(voiced[t], 0, `frame ${t}`);
    const wanted = 90 + (200 * at) / rate;
    assert.ok(Math.abs(hz[t]! / wanted - 1) < (isClear ? 0.01 : 0.05), `frame ${t}: ${hz[t]}, not ${wanted}`);
  }
  for (const nothing of [random(rate / 2, 5, 0.3), new Float32Array(rate / 2)]) {
    const found = estimateF0(nothing);
    assert.is(found.voiced.filter(Boolean).length, 0);
    assert.ok(found.hz.every((f) => f === Math.sqrt(60 * 500)));
  }
});

test('refuses ranges of pitch that cannot be', async () => {
  for (const options of [{ minHz: 0 }, { maxHz: 50 }, { maxHz: 20_000 }, { threshold: 3 }, { octave: 1 }])
    await voirsError(() => estimateF0(new Float32Array(9000), {}, options as object), 'INVALID_OPTIONS');
});

test.run();
