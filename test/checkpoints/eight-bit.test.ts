// If this fails, voices with 8-bit weights sound wrong, or a hostile one is played instead of refused.
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LazyTensor, Staging } from '../../src/checkpoints/lazy-tensor.js';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor, type HostTensor, readFloat32, toFloat32 } from '../../src/checkpoints/tensor.js';
import { failsOnlyAsVoirs, throwsVoirs } from './expect-error.js';

const test = suite('8-bit weights');

function eightBit(
  shape: number[],
  steps: number[],
  scales: number[],
  dtype: 'F16' | 'F32' = 'F16',
): HostTensor {
  const bytes = new Uint8Array(Int8Array.from(steps).buffer);
  return { dtype: 'I8', shape, bytes, scale: floatTensor(Float32Array.from(scales), [scales.length], dtype) };
}

/** Opens bytes as if they were a file; `read` counts what is read from it. */
function opened(bytes: Uint8Array): ReturnType<typeof readSafetensors> & { read: { bytes: number } } {
  const read = { bytes: 0 };
  const file = openSafetensors(bytes.length, (position, into) => {
    read.bytes += into.length;
    into.set(bytes.subarray(position, position + into.length));
  });
  return { ...file, read };
}

/** A file with this header and data, whatever the writer would refuse. */
function file(header: Record<string, [dtype: string, shape: number[], bytes: Uint8Array]>): Uint8Array {
  let offset = 0;
  const entries = Object.entries(header).map(([name, [dtype, shape, bytes]]) => {
    offset += bytes.length;
    return [name, { dtype, shape, data_offsets: [offset - bytes.length, offset] }];
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const length = new Uint8Array(BigUint64Array.of(BigInt(json.length)).buffer);
  return new Uint8Array(Buffer.concat([length, json, ...Object.values(header).map(([, , bytes]) => bytes)]));
}

const steps = (...values: number[]): Uint8Array => new Uint8Array(Int8Array.from(values).buffer);
const halves = (...bits: number[]): Uint8Array => new Uint8Array(Uint16Array.from(bits).buffer);
const singles = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

for (const dtype of ['F16', 'F32'] as const) {
  test(`reads a step times the ${dtype} scale of its row`, () => {
    const tensor = eightBit([2, 1, 3], [127, -127, 1, -128, 0, 3], [0.5, 0.25], dtype);
    const bytes = writeSafetensors(new Map([['w', tensor]]));
    for (const { tensors } of [readSafetensors(bytes), opened(bytes)]) {
      assert.equal([...tensors.keys()], ['w'], 'the scale is hidden');
      assert.equal(tensors.get('w')!.shape, [2, 1, 3]);
      assert.equal([...toFloat32(tensors.get('w')!)], [63.5, -63.5, 0.5, -32, 0, 0.75]);
    }
  });
}

test('reads the scales of a file when it opens, and no weight', () => {
  const count = 100_000;
  const large = eightBit([2, count / 2], new Array(count).fill(3), [1, 2]);
  const { tensors, read } = opened(writeSafetensors(new Map([['large', large]])));
  assert.ok(read.bytes < 1000, `${read.bytes} bytes`);
  assert.equal(toFloat32(tensors.get('large')!).at(-1), 6);
  assert.ok(read.bytes < count + 1000, `${read.bytes} bytes`);
});

test('widens what it reads within the memory of the caller', () => {
  const values = Float32Array.of(1, -2, 3, -4, 5, -6, 7);
  const stored = {
    f32: floatTensor(values, [7]),
    f16: floatTensor(values, [7], 'F16'),
    bf16: floatTensor(values, [7], 'BF16'),
    f64: floatTensor(values, [7], 'F64'),
    i8: eightBit([7, 1], [...values], new Array(7).fill(1)),
  };
  const bytes = writeSafetensors(new Map(Object.entries(stored)));
  for (const { tensors } of [readSafetensors(bytes), opened(bytes)]) {
    const staging = new Staging();
    for (const [name, tensor] of tensors) {
      const out = new Float32Array(9).fill(9);
      assert.equal([...readFloat32(tensor, out.subarray(1, 8))], [...values], name);
      assert.equal([out[0], out[8]], [9, 9], name);
      assert.equal([...new LazyTensor(name, tensor, 'x').via(staging)], [...values], name);
    }
  }
});

const one: [string, number[], Uint8Array] = ['I8', [2, 1], steps(1, 2)];
const HOSTILE: [name: string, header: Parameters<typeof file>[0], pattern: RegExp][] = [
  ['no scale', { w: one }, /"w" has no scale; got I8 alone; wanted a scale of \[2\]/],
  ['a scale of 1 row for 2', { w: one, 'w.scale': ['F16', [1], halves(1)] }, /got F16 \[1\]; wanted .*\[2\]/],
  [
    'a scale of 3 rows for 2',
    { w: one, 'w.scale': ['F16', [3], halves(1, 1, 1)] },
    /another form; got F16 \[3\]/,
  ],
  [
    'a scale of rank 2',
    { w: one, 'w.scale': ['F16', [2, 1], halves(1, 1)] },
    /another form; got F16 \[2, 1\]/,
  ],
  [
    'a scale of integers',
    { w: one, 'w.scale': ['I32', [2], new Uint8Array(8)] },
    /another form; got I32 \[2\]/,
  ],
  ['a scale in 8 bits', { w: one, 'w.scale': ['I8', [2], steps(1, 1)] }, /another form; got I8 \[2\]/],
  [
    'a scale that is NaN',
    { w: one, 'w.scale': ['F16', [2], halves(1, 0x7e00)] },
    /impossible scale; got NaN in row 1/,
  ],
  [
    'an infinite scale',
    { w: one, 'w.scale': ['F16', [2], halves(0x7c00, 1)] },
    /impossible .*got Infinity in row 0/,
  ],
  [
    'a negative scale',
    { w: one, 'w.scale': ['F32', [2], singles(1, -0.5)] },
    /impossible .*got -0\.5 in row 1/,
  ],
  ['8 bits without rows', { w: ['I8', [], steps(1)], 'w.scale': ['F16', [1], halves(1)] }, /"w" has no rows/],
  [
    'a scale of nothing',
    { 'w.scale': ['F16', [1], halves(1)] },
    /"w\.scale" is the scale of no .*got "w" nowhere/,
  ],
  ['a scale of floats', { w: ['F16', [1], halves(1)], 'w.scale': ['F16', [1], halves(1)] }, /got "w" in F16/],
  [
    'a scale that has a scale',
    { 'w.scale': one, 'w.scale.scale': ['F16', [2], halves(1, 1)] },
    /got "w" nowhere/,
  ],
  [
    '8 bits too short',
    { w: ['I8', [3], steps(1, 2)], 'w.scale': ['F16', [3], halves(1, 1, 1)] },
    /fill its shape/,
  ],
];

for (const [name, header, pattern] of HOSTILE) {
  test(`refuses ${name}`, () => {
    throwsVoirs(() => readSafetensors(file(header)), pattern);
    throwsVoirs(() => opened(file(header)), pattern);
  });
}

test('reads a scale of 0 as a row of zeros', () => {
  const { tensors } = readSafetensors(file({ w: one, 'w.scale': ['F16', [2], halves(0, 0x3c00)] }));
  assert.equal([...toFloat32(tensors.get('w')!)], [0, 2]);
});

test('writes no 8-bit tensor that it could not read back', () => {
  const good = eightBit([2, 1], [1, 2], [1, 1]);
  const { scale: _, ...alone } = good;
  const refused = (name: string, tensor: HostTensor, pattern: RegExp): void =>
    throwsVoirs(() => writeSafetensors(new Map([[name, tensor]])), pattern);
  refused('w', alone, /"w" has no scale/);
  refused('w', eightBit([2, 1], [1, 2], [1, NaN]), /impossible scale; got NaN in row 1/);
  refused('w', eightBit([2, 1], [1, 2], [1, 3e36], 'F32'), /impossible scale; got 3\..*e\+36 in row 1/);
  refused('w', eightBit([2, 1], [1, 2], [1]), /got F16 \[1\]; wanted F16 or F32 \[2\]/);
  refused('w.scale', floatTensor(Float32Array.of(1), [1]), /reserved; got "w\.scale"/);
  refused('w', { ...good, bytes: good.bytes.subarray(1) }, /does not fill its shape/);
  throwsVoirs(() => toFloat32(alone), /8-bit tensor: it has no scale/);
});

const tensor = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }), fc.nat(), fc.boolean())
  .map(([shape, seed, isHalf]) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, (_, i) => ((seed + i * 37) % 256) - 128);
    const scales = Array.from({ length: shape[0]! }, (_, i) => ((seed + i * 7) % 100) / 64);
    return eightBit(shape, values, scales, isHalf ? 'F16' : 'F32');
  });
const tensorMap = fc
  .dictionary(fc.string({ maxLength: 5 }), tensor, { minKeys: 1, maxKeys: 4 })
  .map((record) => new Map(Object.entries(record).filter(([name]) => name !== '__proto__')));

test('reads back any tensors that it writes', () => {
  fc.assert(
    fc.property(tensorMap, (tensors) => {
      const bytes = writeSafetensors(tensors);
      for (const back of [readSafetensors(bytes).tensors, opened(bytes).tensors]) {
        assert.equal([...back.keys()].sort(), [...tensors.keys()].sort());
        for (const [name, stored] of tensors) {
          const { shape, scale } = stored;
          const scales = toFloat32(scale!);
          const width = stored.bytes.length / shape[0]!;
          const expected = [...new Int8Array(stored.bytes.buffer)].map((step, i) =>
            Math.fround(step * scales[Math.floor(i / width)]!),
          );
          assert.equal([...toFloat32(back.get(name)!)], expected);
        }
      }
    }),
    { numRuns: 200 },
  );
});

test('reads mutated files, or refuses them with a VoirsError', () => {
  const mutation = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(tensorMap, mutation, (tensors, changes) => {
      const bytes = writeSafetensors(tensors);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      return failsOnlyAsVoirs(() => {
        for (const stored of opened(bytes).tensors.values()) {
          if (stored.dtype === 'I8') assert.ok(toFloat32(stored).every(Number.isFinite));
        }
      });
    }),
    { numRuns: 500 },
  );
});

test.run();
