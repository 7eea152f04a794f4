// If this fails, VITS voices (Piper, MMS-TTS) sound or last otherwise than their models say, or streams of them have seams.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, Golden, maxAbs } from '../../bench/lib/goldens.js';
import { invertSpline } from '../../src/acoustic/vits-spline.js';
import { acquireBackend, type BackendHold, backendNames } from '../../src/backends/registry.js';
import type { AcousticModel, Vocoder } from '../../src/models/model.js';
import { loadVoiceFiles, type VoiceFiles } from '../../src/voices/files.js';
import { rejectsVoirs } from '../checkpoints/expect-error.js';

const test = suite('VITS');
const FIXTURES = ['vits-stochastic-tiny', 'vits-speakers-tiny', 'vits-stochastic-speakers-tiny'];

interface Loaded {
  hold: BackendHold;
  files: VoiceFiles;
  /** Takes the model's own symbols. */
  acoustic: AcousticModel;
  vocoder: Vocoder;
}

async function loaded(name: string, backend: string): Promise<Loaded> {
  const files = await loadVoiceFiles(fixture(name));
  const hold = await acquireBackend(backend, { numThreads: 1 });
  const { acoustic, vocoders } = files.manifest;
  const entry = vocoders.get('own')!;
  const model = acoustic.model.load(hold.backend, (await files.tensors(acoustic)).tensors, acoustic.file);
  return {
    hold,
    files,
    acoustic: (model as AcousticModel & { inner?: AcousticModel }).inner ?? model,
    vocoder: entry.model.load(hold.backend, (await files.tensors(entry)).tensors, entry.file),
  };
}

async function free({ hold, acoustic, vocoder }: Loaded): Promise<void> {
  acoustic.dispose();
  vocoder.dispose();
  await hold.release();
}

for (const backend of ['wasm', 'cpu', 'tensorflow'].filter((name) => backendNames().includes(name))) {
  for (const name of FIXTURES) {
    test(`equals transformers in every stage on ${backend}: ${name}`, async () => {
      let all: Loaded;
      try {
        all = await loaded(name, backend);
      } catch (error) {
        if (backend !== 'tensorflow') throw error;
        console.log(`SKIP: tensorflow does not load here: ${(error as Error).message}`);
        return;
      }
      const { acoustic, vocoder, files } = all;
      const golden = new Golden(join(fixture(name), 'golden.safetensors'));
      const { speakers } = files.manifest;
      for (const speaker of speakers) {
        const of = (what: string) => (speakers.length > 1 ? `${what}.${speaker.index}` : what);
        const encoded = await acoustic.encode(golden.ints('input_ids'), speaker.index);
        const { predicted } = encoded;
        assert.equal([...predicted.durations], [...golden.ints(of('durations'))]);
        const { mel, frames } = await acoustic.decode(encoded, predicted);
        const latents = maxAbs(mel, golden.floats(of('spectrogram')));
        assert.ok(latents <= 1e-4, `latents differ by ${latents}`);
        const part = await acoustic.decode(encoded, predicted, { from: 3, to: 11 });
        const rows = mel.subarray(3 * acoustic.bands, 11 * acoustic.bands);
        const stretch = maxAbs(part.mel, rows);
        assert.ok(stretch <= 1e-5, `a stretch of the latents differs by ${stretch}`);
        encoded.dispose();
        const input = { mel, frames, source: undefined, speaker };
        const whole = new Float32Array(frames * vocoder.hop);
        await vocoder.vocode(input, { from: 0, to: frames }, whole);
        const difference = maxAbs(whole, golden.floats(of('audio')));
        assert.ok(difference <= 1e-4, `samples differ by ${difference}`);
        const chunk = new Float32Array(8 * vocoder.hop);
        await vocoder.vocode(input, { from: 3, to: 11 }, chunk);
        const seam = maxAbs(chunk, whole.subarray(3 * vocoder.hop, 11 * vocoder.hop));
        assert.ok(seam <= 1e-5, `a chunk differs by ${seam}`);
      }
      await free(all);
    });
  }
}

test('refuses symbols and speakers that the model does not have', async () => {
  const all = await loaded('vits-speakers-tiny', 'cpu');
  await rejectsVoirs(
    all.acoustic.encode(Int32Array.of(0, 99), 0),
    /got 99; wanted 0 to 31/,
    'INVALID_OPTIONS',
  );
  await rejectsVoirs(
    all.acoustic.encode(Int32Array.of(0, 1), 3),
    /no such speaker; got 3/,
    'INVALID_OPTIONS',
  );
  const input = { mel: new Float32Array(8), frames: 1, source: undefined, speaker: { index: 7 } };
  const samples = new Float32Array(all.vocoder.hop);
  const vocoded = all.vocoder.vocode(input, { from: 0, to: 1 }, samples);
  await rejectsVoirs(vocoded, /vocoder has no such speaker; got 7/, 'INVALID_OPTIONS');
  await free(all);
});

test('inverts splines that rise, and leaves what lies beyond them', () => {
  const parameters = Float64Array.from({ length: 29 }, (_, i) => Math.sin(i * 1.7) * 2);
  const form = { bins: 10, gain: 0.5, bound: 5 };
  const at = (y: number) => invertSpline(y, parameters, 0, form);
  assert.is(at(5.5), 5.5);
  assert.is(at(-7), -7);
  assert.ok(Math.abs(at(-5) + 5) < 1e-9 && Math.abs(at(5) - 5) < 1e-9, 'the corners stay');
  let last = Number.NEGATIVE_INFINITY;
  for (let y = -5; y <= 5; y += 0.01) {
    assert.ok(at(y) > last, `falls at ${y}`);
    last = at(y);
  }
});

test.run();
