// If this fails, an architecture that somebody brings in a file of their own does not run, runs wrongly on some backend, or
// fails without saying why.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import '../cli/run-cli.js'; // builds dist/
import { maxAbs } from '../../bench/lib/goldens.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor, type HostTensor } from '../../src/checkpoints/tensor.js';
import type * as Voirs from '../../src/index.js';
import { hasDawn } from '../dawn.js';
import { random } from '../random.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('architectures of one’s own');
/** As a program has it: the example imports the package by its name, and so shares its modules with this. */
const voirs = (await import(['voirs'].join())) as typeof Voirs;
await import(new URL('../../examples/research/istft-vocoder.mjs', import.meta.url).href);
const { loadVocoder, Mel, registerModel, VoirsError, VoirsPipeline } = voirs;

interface Sizes {
  bands: number;
  channels: number;
  blocks: number;
  fftSize: number;
}

const KERNEL = 7;

/** Seeded weights [out, in, k] and biases of the example's layers. */
function weightsOf({ bands, channels, blocks, fftSize }: Sizes): Map<string, HostTensor> {
  const bins = fftSize / 2 + 1;
  const tensors = new Map<string, HostTensor>();
  const add = (name: string, out: number, width: number, kernel: number, gain = 1): void => {
    const seed = tensors.size + 1;
    const weight = random(out * width * kernel, seed, gain / Math.sqrt(width * kernel));
    tensors.set(`${name}.weight`, floatTensor(weight, [out, width, kernel]));
    tensors.set(`${name}.bias`, floatTensor(random(out, seed + 100, 0.1), [out]));
  };
  add('pre', channels, bands, KERNEL);
  for (let n = 0; n < blocks; n++)
    for (const part of ['conv1', 'conv2']) add(`blocks.${n}.${part}`, channels, channels, KERNEL);
  add('magnitude', bins, channels, 1);
  add('phase', bins, channels, 1, 6);
  return tensors;
}

type Rows = Float64Array[];

/** The example once more, by the definitions: loops over rows, and a sum of cosines for every sample. */
function reference(mel: Float32Array, sizes: Sizes, tensors: ReadonlyMap<string, HostTensor>): Float64Array {
  const values = (name: string): Float32Array => new Float32Array(tensors.get(name)!.bytes.slice().buffer);
  const conv = (x: Rows, name: string): Rows => {
    const [out, width, kernel] = tensors.get(`${name}.weight`)!.shape as [number, number, number];
    const [weight, bias] = [values(`${name}.weight`), values(`${name}.bias`)];
    return x.map((_, t) =>
      Float64Array.from({ length: out }, (_, o) => {
        let sum = bias[o]!;
        for (let k = 0; k < kernel; k++) {
          const row = x[t + k - (kernel - 1) / 2];
          if (row) for (let i = 0; i < width; i++) sum += weight[(o * width + i) * kernel + k]! * row[i]!;
        }
        return sum;
      }),
    );
  };
  const leaky = (x: Rows): Rows => x.map((row) => row.map((value) => (value < 0 ? 0.1 * value : value)));
  const { bands, blocks, fftSize } = sizes;
  const frames = mel.length / bands;
  let x = conv(
    Array.from({ length: frames }, (_, t) => Float64Array.from(mel.subarray(t * bands, (t + 1) * bands))),
    'pre',
  );
  for (let n = 0; n < blocks; n++) {
    const y = conv(leaky(conv(leaky(x), `blocks.${n}.conv1`)), `blocks.${n}.conv2`);
    x = x.map((row, t) => row.map((value, c) => value + y[t]![c]!));
  }
  const [loudness, phase] = [conv(x, 'magnitude'), conv(x, 'phase')];
  const hop = fftSize / 4;
  const out = new Float64Array(frames * hop);
  for (let t = 0; t < frames; t++)
    for (let n = 0; n < fftSize; n++) {
      const at = t * hop - (fftSize - hop) / 2 + n;
      if (at < 0 || at >= out.length) continue;
      let sum = 0;
      loudness[t]!.forEach((level, k) => {
        const size = Math.exp(Math.min(level, 5)) * (k === 0 || k === fftSize / 2 ? 1 : 2);
        sum += size * Math.cos(phase[t]![k]! + (2 * Math.PI * k * n) / fftSize);
      });
      out[at]! += ((0.5 - 0.5 * Math.cos((2 * Math.PI * n) / fftSize)) * sum) / (1.5 * fftSize);
    }
  return out;
}

const SIZES: Sizes = { bands: 6, channels: 8, blocks: 2, fftSize: 32 };
const tensors = weightsOf(SIZES);
const bytes = writeSafetensors(tensors);
const config = { type: 'istft', hopSize: 8, sampleRate: 8000, ...SIZES };

async function equalsReference(backend: string, frames: number, limit: number): Promise<void> {
  await using vocoder = await loadVocoder(bytes, { config, backend, numThreads: 1, memoryLimitMb: 16 });
  assert.is(vocoder.backend.name, backend);
  assert.equal([vocoder.type, vocoder.sampleRate, vocoder.contextFrames], ['istft', 8000, 17]);
  const mel = random(frames * SIZES.bands, 9);
  using audio = await vocoder.vocode(Mel.of(mel, SIZES.bands));
  const wanted = reference(mel, SIZES, tensors);
  assert.ok(wanted.some((x) => Math.abs(x) > 0.1));
  const difference = maxAbs(audio.samples, wanted);
  assert.ok(difference <= limit, `differs by ${difference}`);
  const { leases } = vocoder.arena.stats();
  assert.is(leases, 1);
}

if (process.env.VOIRS_TEST_DAWN || (await hasDawn(import.meta.url))) {
  test('runs the example on webgpu as the reference does', () => equalsReference('webgpu', 20, 1e-3));
} else {
  for (const backend of ['wasm', 'cpu'])
    test(`runs the example on ${backend} as the reference does, chunk by chunk`, () =>
      equalsReference(backend, 300, 1e-4));

  test('speaks with a voice whose manifest names it, streamed as whole', async () => {
    const voice = tinyVoice();
    try {
      const path = join(voice.folder, 'model.json');
      const manifest = JSON.parse(readFileSync(path, 'utf8'));
      const sizes = { bands: 80, channels: 8, blocks: 1, fftSize: 1024 };
      const weights = writeSafetensors(weightsOf(sizes));
      writeFileSync(join(voice.folder, 'istft.safetensors'), weights);
      const sha256 = createHash('sha256').update(weights).digest('hex');
      const entry = { type: 'istft', ...sizes, file: 'istft.safetensors', bytes: weights.length, sha256 };
      writeFileSync(path, JSON.stringify({ ...manifest, vocoders: { v2: entry } }));
      const options = { weights: voice.folder, backend: 'wasm', numThreads: 1, enablePostprocessing: false };
      await using pipeline = await VoirsPipeline.create(options);
      using whole = await pipeline.synthesize('Hello there, once more.');
      const pieces: Float32Array[] = [];
      for await (using chunk of pipeline.stream('Hello there, once more.'))
        pieces.push(chunk.samples.slice());
      assert.ok(pieces.length > 1);
      const joined = Float32Array.from(pieces.flatMap((piece) => [...piece]));
      assert.ok(maxAbs(joined, whole.samples) <= 1e-4, `${maxAbs(joined, whole.samples)}`);
      assert.ok(whole.samples.some((x) => Math.abs(x) > 1e-3));
    } finally {
      voice.remove();
    }
  });

  /** The error of loading the example's weights as another type. */
  async function refusal(type: string, more: object = {}): Promise<Voirs.VoirsError> {
    try {
      await using _ = await loadVocoder(bytes, { config: { ...config, type, ...more }, backend: 'cpu' });
    } catch (error) {
      assert.instance(error, VoirsError, String(error));
      return error as Voirs.VoirsError;
    }
    throw new Error(`${type} loads`);
  }
  let named = 0;
  const fault = (factory: Voirs.ModelFactory<Voirs.Vocoder>) => {
    const type = `fault-${++named}`;
    registerModel('vocoder', type, factory);
    return refusal(type);
  };

  test('names the registered types where one is unknown', async () => {
    const { code, message } = await refusal('istft2');
    assert.is(code, 'INVALID_WEIGHTS');
    assert.match(message, /type is wrong; got "istft2"; wanted "hifigan" or "istft".*registerModel/);
  });

  test('refuses names that are taken or none', () => {
    const make = (() => {}) as never;
    const taken: ['acoustic' | 'vocoder', string][] = [
      ['vocoder', 'istft'],
      ['vocoder', 'hifigan'],
      ['acoustic', 'fastspeech2'],
      ['acoustic', 'vits'],
      ['vocoder', ''],
      ['vocoder', 'a b'],
      ['speaker' as 'vocoder', 'x'],
    ];
    for (const [kind, type] of taken)
      assert.throws(
        () => registerModel(kind, type, make),
        (e: Voirs.VoirsError) => e.code === 'INVALID_OPTIONS',
      );
    assert.throws(() => registerModel('vocoder', 'x', 3 as never), /not a function/);
  });

  test('turns what a factory does wrong into errors that say so', async () => {
    const faults: [factory: Voirs.ModelFactory<Voirs.Vocoder>, says: RegExp][] = [
      [
        () => {
          throw new RangeError('too far');
        },
        /factory of the vocoder "fault-1" failed; got RangeError: too far/,
      ],
      [() => undefined as never, /gave no constructor; got undefined/],
      [
        () => () => {
          throw 'text';
        },
        /constructor of the vocoder "fault-3" failed; got "text"/,
      ],
      [
        () =>
          (_, { backend }) =>
            backend.run(() => 1 as never) as never,
        /runs nothing/,
      ],
      [() => () => ({}) as Voirs.Vocoder, /no such model; got bands: undefined; wanted .*vocode/],
      [
        () => (_, layers) => ({ ...other(layers), hop: 9 }),
        /does not fit the voice; got 6 bands, a hop of 9/,
      ],
    ];
    for (const [factory, says] of faults) {
      const { code, message } = await fault(factory);
      assert.is(code, 'INVALID_OPTIONS', message);
      assert.match(message, says);
    }
    assert.is((await refusal('istft', { channels: 'many' })).code, 'INVALID_WEIGHTS');
    assert.match((await refusal('istft', { channels: 9 })).message, /pre.weight \[8, 6, 7\]/);
    assert.match((await refusal('istft', { fftSize: 64 })).message, /fftSize is wrong.*four hops, 32/);
  });
}

const other = ({ bytes }: Voirs.LoadedLayers): Voirs.Vocoder => ({
  ...{ bands: 6, hop: 8, sampleRate: 8000, contextFrames: 0, valuesPerFrame: 1, weightBytes: bytes },
  isDriven: false,
  source: () => ({ rows: () => new Float32Array(0) }),
  reads: (range) => range,
  vocode: async () => {},
  dispose() {},
});

test.run();
