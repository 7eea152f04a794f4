// If this fails, generators from Hugging Face do not load, sound wrong, or a hostile config.json is not refused by name.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { vocodeWhole } from '../../bench/lib/engine.js';
import { Golden, maxAbs, sharedFile } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor, type HostTensor } from '../../src/checkpoints/tensor.js';
import { VoirsError } from '../../src/errors.js';
import { generatorDeclaration, loadGenerator } from '../../src/vocoder/hifigan.js';
import { hifiganCheckpoint } from '../../src/vocoder/hifigan-checkpoint.js';
import { readVocoderCheckpoint } from '../../src/voices/files.js';
import { rejectsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';
import { checkpoint, dict, tensor } from '../checkpoints/torch-save.js';

const test = suite('generators as others publish them');
const folder = sharedFile('fixtures/hf-speecht5-hifigan-tiny/config.json')?.replace(/config\.json$/, '');

/** Tensors of the names and shapes that a generator is made of. */
function tensorsFor(config: object): Map<string, HostTensor> {
  const { config: read } = hifiganCheckpoint(JSON.stringify(config), new Map());
  return new Map(
    [...generatorDeclaration(read).tensors].map(([name, extents]) => {
      const shape = extents as number[];
      return [name, floatTensor(new Float32Array(shape.reduce((all, one) => all * one, 1)), shape)];
    }),
  );
}

/** The tensors as torch.save writes a state dict. */
function torchSaved(tensors: ReadonlyMap<string, HostTensor>): Uint8Array {
  const windows = [...tensors].map(([name, { shape }], key) => {
    const strides = shape.map((_, i) => shape.slice(i + 1).reduce((all, one) => all * one, 1));
    const count = shape.reduce((all, one) => all * one, 1);
    return [name, tensor({ key: `${key}`, count, shape, strides })] as const;
  });
  const storages = [...tensors.values()].map(({ bytes }, key) => [`${key}`, bytes] as const);
  return checkpoint(dict(Object.fromEntries(windows)), Object.fromEntries(storages));
}

const V1 = {
  num_mels: 20,
  upsample_initial_channel: 16,
  upsample_rates: [4, 2],
  upsample_kernel_sizes: [8, 4],
  resblock: '1',
  resblock_kernel_sizes: [3, 7],
  resblock_dilation_sizes: [
    [1, 3, 5],
    [1, 3, 5],
  ],
};

if (folder) {
  for (const name of ['wasm', 'cpu']) {
    test(`equals PyTorch's waveform, tiny SpeechT5HifiGan on ${name}`, async () => {
      const { config, tensors, source, notes } = await readVocoderCheckpoint(folder);
      assert.equal(notes, []);
      const hold = await acquireBackend(name, { numThreads: 1 });
      const golden = new Golden(join(folder, 'golden.safetensors'));
      const generator = loadGenerator(hold.backend, config, tensors, source);
      const got = await vocodeWhole(generator, golden.floats('spectrogram'));
      const part = new Float32Array(20 * generator.hop);
      const input = { mel: golden.floats('spectrogram'), frames: 111, source: undefined };
      await generator.vocode(input, { from: 40, to: 60 }, part);
      generator.dispose();
      await hold.release();
      const difference = maxAbs(got, golden.floats('audio'));
      assert.ok(difference <= 1e-4, `waveform differs by ${difference}`);
      const seam = maxAbs(part, got.subarray(40 * generator.hop, 60 * generator.hop));
      assert.ok(seam <= 1e-6, `a stretch differs by ${seam}`);
    });
  }

  test('reads the same weights from pytorch_model.bin', async () => {
    const scratch = mkdtempSync(join(tmpdir(), 'voirs-hf-'));
    try {
      const { tensors } = readSafetensors(readFileSync(join(folder, 'model.safetensors')));
      writeFileSync(join(scratch, 'config.json'), readFileSync(join(folder, 'config.json')));
      await rejectsVoirs(readVocoderCheckpoint(scratch), /holds no weights; .*pytorch_model\.bin/);
      writeFileSync(join(scratch, 'pytorch_model.bin'), torchSaved(tensors));
      const read = await readVocoderCheckpoint(scratch);
      assert.equal(
        [...read.tensors.keys()].sort(),
        [...(await readVocoderCheckpoint(folder)).tensors.keys()].sort(),
      );
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
}

test('finds in the tensors what a configuration does not state, and tells', () => {
  for (const resblock of ['1', '2']) {
    const dilations = [resblock === '1' ? [1, 3, 5] : [1, 3], resblock === '1' ? [1, 3, 5] : [1, 3]];
    const whole = { ...V1, resblock, resblock_dilation_sizes: dilations };
    const tensors = tensorsFor(whole);
    const { config, notes } = hifiganCheckpoint('{}', tensors);
    assert.equal(config, hifiganCheckpoint(JSON.stringify(whole), tensors).config);
    assert.is(notes.length, Object.keys(whole).length);
    assert.match(notes[0]!, /states no num_mels: 20, as conv_pre has/);
  }
});

test('normalises mel only where the configuration lets it', () => {
  const tensors = tensorsFor(V1);
  for (const name of ['mean', 'scale']) tensors.set(name, floatTensor(new Float32Array(20).fill(1), [20]));
  const read = (extra: object) => hifiganCheckpoint(JSON.stringify({ ...V1, ...extra }), tensors);
  assert.is(read({}).config.isNormalised, true);
  const plain = read({ normalize_before: false });
  assert.is(plain.config.isNormalised, undefined);
  assert.not(plain.tensors.has('mean'));
  throwsVoirs(() => read({ normalize_before: 'no' }), /normalize_before is wrong/);
  throwsVoirs(() => read({ leaky_relu_slope: 2 }), /leaky_relu_slope is wrong; got 2/);
  throwsVoirs(() => read({ model_in_dim: 'x', num_mels: null }), /model_in_dim is wrong; got "x"/);
});

test('gives a generator or a typed error for any configuration', () => {
  const keys = [...Object.keys(V1), 'model_in_dim', 'leaky_relu_slope', 'normalize_before', 'sampling_rate'];
  const tensors = tensorsFor(V1);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()), (changes) => {
      try {
        hifiganCheckpoint(JSON.stringify({ ...V1, ...changes }), tensors);
      } catch (error) {
        assert.instance(error, VoirsError);
        assert.is((error as VoirsError).code, 'INVALID_WEIGHTS');
      }
    }),
    { numRuns: 300 },
  );
});

test.run();
