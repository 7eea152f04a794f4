// If this fails, a voice that is shipped in 8 bits sounds rougher than it must, or does not load.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sharedFile } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { float16ToFloat32, float32ToFloat16 } from '../../src/checkpoints/half-float.js';
import { inEightBits, inSixteenBits, narrowed } from '../../src/checkpoints/narrow.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor, intTensor, toFloat32 } from '../../src/checkpoints/tensor.js';
import { writeVoice } from '../../src/cli/voice/write-voice.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { throwsVoirs } from '../checkpoints/expect-error.js';
import { voirsError } from '../expect.js';
import { random } from '../random.js';

const test = suite('weights of fewer bits');
/** The voice in 16 bits, from which the shipped one was made. */
const arctic = sharedFile('voices/arctic');
const scratch = mkdtempSync(join(tmpdir(), 'voirs-narrow-'));
test.after(() => rmSync(scratch, { recursive: true }));

/** The voice in 8 bits, in a folder. */
const eightBits = async (from: string, to: string) =>
  writeVoice(await loadVoiceFiles(from), to, {
    ...{ bits: '8', card: undefined, words: {}, from: '', licenses: [], own: from },
    signal: new AbortController().signal,
  });

/** Fails where a value lies farther than half a step of its row from what it was. */
function expectWithinHalfAStep(before: Float32Array, after: Float32Array, scales: Float32Array): void {
  const width = before.length / scales.length;
  for (let i = 0; i < before.length; i++) {
    const scale = scales[Math.floor(i / width)]!;
    const error = Math.abs(before[i]! - after[i]!);
    if (!(error <= (scale / 2) * (1 + 1e-5))) {
      assert.unreachable(`element ${i}: ${before[i]} became ${after[i]} in steps of ${scale}`);
    }
  }
}

test('changes no value by more than half a step, at any magnitude', () => {
  const magnitudes = fc.array(fc.double({ min: -12, max: 4, noNaN: true }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(magnitudes, fc.nat(), (exponents, seed) => {
      const values = random(4 * 1024, seed);
      const before = values.map((value, i) => value * 10 ** exponents[i >> 10]!);
      const tensor = inEightBits(floatTensor(before, [4, 32, 32]));
      assert.is(tensor.dtype, 'I8');
      const scales = toFloat32(tensor.scale!);
      expectWithinHalfAStep(before, toFloat32(tensor), scales);
      for (let row = 0; row < 4; row++) {
        const largest = before
          .subarray(row << 10, (row + 1) << 10)
          .reduce((max, v) => Math.max(max, Math.abs(v)), 0);
        assert.ok(scales[row]! <= (largest / 127) * 1.126 + 2 ** -17, `${scales[row]} for ${largest}`);
      }
    }),
    { numRuns: 100 },
  );
});

test('makes weights that 16 bits hold exactly', () => {
  const values = random(8192, 3).map((value) => value * 0.1);
  const after = toFloat32(inEightBits(floatTensor(values, [8, 1024])));
  assert.equal(float16ToFloat32(float32ToFloat16(after)), after);
});

test('keeps a row of zeros', () => {
  const values = random(8192, 1);
  values.fill(0, 0, 4096);
  const after = toFloat32(inEightBits(floatTensor(values, [2, 4096])));
  assert.ok(after.subarray(0, 4096).every((value) => value === 0));
});

test('leaves vectors, small tensors and integers as they are', () => {
  for (const tensor of [
    floatTensor(new Float32Array(5000), [5000], 'F16'),
    floatTensor(new Float32Array(4095), [4095, 1], 'F16'),
    intTensor(new Int32Array(5000), [50, 100]),
  ]) {
    assert.is(inEightBits(tensor), tensor);
  }
});

test('keeps 32 bits where 16 have no room, and 8 where they are', () => {
  const large = floatTensor(Float32Array.of(1, 70_000), [2]);
  assert.is(inSixteenBits(large).dtype, 'F32');
  assert.is(inSixteenBits(floatTensor(Float32Array.of(1, 65_000), [2])).dtype, 'F16');
  const eight = inEightBits(floatTensor(random(4096, 2), [2, 2048]));
  assert.is(narrowed(eight, '16'), eight);
  assert.equal(toFloat32(narrowed(eight, '32')), toFloat32(eight));
  assert.is(narrowed(floatTensor(random(8, 2), [2, 4]), '8').dtype, 'F16');
});

test('makes no file of weights whose scale is too large for float16', () => {
  const tensor = inEightBits(floatTensor(new Float32Array(4096).fill(1e9), [2, 2048]));
  throwsVoirs(() => writeSafetensors(new Map([['w', tensor]])), /impossible scale; got Infinity in row 0/);
});

if (arctic) {
  test('halves a voice, which still loads', async () => {
    const folder = join(scratch, 'arctic');
    const { files: written } = await eightBits(arctic, folder);
    assert.equal(written.map(({ file }) => file).sort(), ['acoustic.safetensors', 'vocoder-v2.safetensors']);
    for (const { file, bytes } of written) {
      const before = statSync(join(arctic, file)).size;
      assert.is(statSync(join(folder, file)).size, bytes);
      assert.ok(bytes < before * 0.55, `${file}: ${before} -> ${bytes}`);
    }
    assert.equal(readdirSync(join(folder, 'licenses')), readdirSync(join(arctic, 'licenses')));
    assert.ok(existsSync(join(folder, 'pronunciations.tsv')));

    const [old, files] = [await loadVoiceFiles(arctic), await loadVoiceFiles(folder)];
    const { acoustic, vocoders } = files.manifest;
    const entries = [
      { from: old.manifest.acoustic, to: acoustic },
      ...[...vocoders].map(([name, to]) => ({ from: old.manifest.vocoders.get(name)!, to })),
    ];
    let isInt8 = 0;
    for (const { from, to } of entries) {
      const [before, after] = [(await old.tensors(from)).tensors, (await files.tensors(to)).tensors];
      assert.equal([...after.keys()].sort(), [...before.keys()].sort());
      for (const [name, tensor] of after) {
        const values = toFloat32(before.get(name)!);
        if (tensor.scale === undefined) assert.equal(toFloat32(tensor), values, name);
        else expectWithinHalfAStep(values, toFloat32(tensor), toFloat32(tensor.scale));
        isInt8 += tensor.scale === undefined ? 0 : 1;
      }
    }
    assert.ok(isInt8 > 50, `${isInt8} tensors in 8 bits`);
    const { backend, release } = await acquireBackend('cpu', { numThreads: 1 });
    for (const entry of [acoustic, ...vocoders.values()])
      entry.model.load(backend, (await files.tensors(entry)).tensors, entry.file).dispose();
    await release();
  });

  test('changes nothing in model.json but sizes and digests', async () => {
    const folder = join(scratch, 'again');
    await eightBits(arctic, folder);
    const [before, after] = [arctic, folder].map((path) =>
      JSON.parse(readFileSync(join(path, 'model.json'), 'utf8')),
    );
    for (const manifest of [before, after]) {
      for (const entry of [manifest.acoustic, ...Object.values<object>(manifest.vocoders)]) {
        Object.assign(entry, { bytes: 0, sha256: '' });
      }
    }
    assert.equal(after, before);
  });

  test('refuses to write over a voice', async () => {
    const { got } = await voirsError(() => eightBits(arctic, arctic), 'IO_ERROR');
    assert.is(got, 'a folder with files in it');
  });
}

test.run();
