// If this fails, tensors at an odd offset of a file, or integers such as token ids, become other numbers.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  elementCount,
  type FloatDtype,
  floatTensor,
  type HostTensor,
  intTensor,
  readFloat32,
  StridedTensor,
  toFloat32,
  toInt32,
} from '../../src/checkpoints/tensor.js';
import { throwsVoirs } from './expect-error.js';

const test = suite('tensor');

/**
 * The same tensor with its bytes moved `offset` bytes into a larger buffer, here a Buffer as readFile gives
 * it.
 */
function shifted(tensor: HostTensor, offset: number): HostTensor {
  const buffer = Buffer.alloc(tensor.bytes.length + offset + 8);
  buffer.set(tensor.bytes, offset);
  return { ...tensor, bytes: buffer.subarray(offset, offset + tensor.bytes.length) };
}

test('reads floats of each dtype at any alignment', () => {
  const values = Float32Array.of(0, -1.5, 0.25, 1024, -0.0078125, 3);
  for (const dtype of ['F32', 'F16', 'BF16', 'F64'] satisfies FloatDtype[]) {
    const tensor = floatTensor(values, [2, 3], dtype);
    for (let offset = 0; offset < 8; offset++) {
      assert.equal(toFloat32(shifted(tensor, offset)), values, `${dtype} at ${offset}`);
    }
  }
});

test('reads integers of both widths at any alignment', () => {
  const values = [0, -1, 78, 2 ** 31 - 1, -(2 ** 31)];
  for (const dtype of ['I32', 'I64'] as const) {
    const tensor = intTensor(values, [5], dtype);
    for (let offset = 0; offset < 8; offset++) {
      assert.equal([...toInt32(shifted(tensor, offset))], values, `${dtype} at ${offset}`);
    }
  }
});

test('gives an aligned F32 tensor as a view', () => {
  const tensor = floatTensor(Float32Array.of(1, 2), [2]);
  assert.is(toFloat32(tensor).buffer, tensor.bytes.buffer);
});

test('refuses 64-bit integers beyond 32 bits, with their value', () => {
  for (const value of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 40n, 2n ** 63n - 1n, 0xffffffffn]) {
    const first = new Uint8Array(BigInt64Array.of(value, 7n).buffer);
    throwsVoirs(() => toInt32({ dtype: 'I64', shape: [2], bytes: first }), /Integer 0 /);
    const bytes = new Uint8Array(BigInt64Array.of(7n, value).buffer);
    throwsVoirs(() => toInt32({ dtype: 'I64', shape: [2], bytes }), new RegExp(`Integer 1 .*got ${value}`));
  }
});

test('refuses to read integers as floats and floats as integers', () => {
  throwsVoirs(() => toFloat32(intTensor([1], [1])), /holds integers/);
  throwsVoirs(() => toInt32(floatTensor(Float32Array.of(1), [1])), /does not hold integers/);
});

test('refuses values that the dtype cannot hold, by their index', () => {
  throwsVoirs(
    () => floatTensor(Float32Array.of(1, 70_000), [2], 'F16'),
    /Element 1 does not fit F16; got 70000; wanted a magnitude below 65520/,
  );
  throwsVoirs(
    () => floatTensor(Float32Array.of(3.4e38), [1], 'BF16'),
    /Element 0 does not fit BF16; .*below 3\.39e\+38/,
  );
  throwsVoirs(() => intTensor([1.5, 2], [2]), /Element 0 is not a 32-bit integer; got 1.5/);
  throwsVoirs(() => intTensor([1, 2.5], [2]), /Element 1 is not a 32-bit integer; got 2.5/);
  throwsVoirs(() => intTensor([2 ** 31], [1], 'I64'), /Element 0/);
  assert.equal([...toFloat32(floatTensor(Float32Array.of(-Infinity), [1], 'F16'))], [-Infinity]);
});

test('refuses data that do not fill the shape', () => {
  throwsVoirs(() => floatTensor(new Float32Array(5), [2, 3]), /5 elements; wanted shape \[2, 3\]/);
  throwsVoirs(
    () => toFloat32({ dtype: 'F32', shape: [2], bytes: new Uint8Array(7) }),
    /do not fill the shape/,
  );
});

test('counts the elements of scalars, empty and impossible tensors', () => {
  assert.is(elementCount([]), 1);
  assert.is(elementCount([3, 0, 2]), 0);
  assert.is(elementCount([80, 147]), 11_760);
  assert.is(elementCount([2 ** 53 - 1]), 2 ** 53 - 1);
  assert.is(elementCount([...new Array(31).fill(1), 2 ** 40]), 2 ** 40);
  for (const shape of [
    [-1],
    [1.5],
    [NaN],
    [2 ** 27, 2 ** 27],
    [0, 2 ** 40, 2 ** 40],
    new Array(33).fill(1),
  ]) {
    assert.is(elementCount(shape), undefined, `${shape}`);
  }
});

test('refuses a window that does not lie within its storage', () => {
  const storage = {
    dtype: 'F32',
    count: 6,
    bytes: floatTensor(Float32Array.of(0, 1, 2, 3, 4, 5), [6]).bytes,
  };
  const window = (offset: number, shape: number[], strides: number[]) =>
    new StridedTensor(storage as never, offset, shape, strides);
  assert.is(window(0, [2, 3], [3, 1]).count, 6);
  assert.is(window(0, [2, 3], [1, 2]).count, 6);
  assert.is(window(5, [1], [1]).count, 1);
  assert.is(window(0, [2, 3], [3]).count, undefined);
  assert.is(window(0, [6], [1, 1]).count, undefined);
  assert.is(window(1, [2, 3], [3, 1]).count, undefined);
  assert.is(window(6, [1], [1]).count, undefined);
  assert.is(window(9, [0], [1]).count, 0);
  const columns = window(0, [3, 2], [1, 3]);
  assert.not(columns.isContiguous);
  assert.equal([...toFloat32(columns.toHostTensor())], [0, 3, 1, 4, 2, 5]);
  assert.ok(window(0, [1, 6], [9, 1]).isContiguous, 'the stride of a single row means nothing');
});

test('takes single elements apart, and a scale up to the largest', () => {
  const storage = {
    dtype: 'F32',
    count: 6,
    bytes: floatTensor(Float32Array.of(0, 0.1, 0.2, 0.3, 0.4, 0.5), [6]).bytes,
  };
  const every = new StridedTensor(storage as never, 1, [3], [2]);
  assert.not(every.isContiguous);
  assert.equal([...toInt32(intTensor([5, -6], [2], 'I64'))], [5, -6]);
  const row = new StridedTensor(storage as never, 1, [3], [1]);
  assert.equal([...toFloat32(row.toHostTensor())], [0.1, 0.2, 0.3].map(Math.fround));
  assert.equal([...toFloat32(every.toHostTensor())], [0.1, 0.3, 0.5].map(Math.fround));
  const largest = 3.4028234663852886e38 / 128;
  const steps = (scale: number): HostTensor => ({
    ...{ dtype: 'I8', shape: [1, 2], bytes: Uint8Array.of(1, 127) },
    scale: floatTensor(Float32Array.of(scale), [1]),
  });
  assert.is(toFloat32(steps(largest))[0], largest);
  throwsVoirs(() => toFloat32(steps(largest * 1.001)), /impossible scale; .* in row 0/);
});

test('reads a tensor of a file into the memory it is given, and nowhere else', () => {
  const values = [1, -2, 0.5];
  const F32 = floatTensor(Float32Array.from(values), [3]);
  const F16 = floatTensor(Float32Array.from(values), [3], 'F16');
  const I8: HostTensor = {
    ...{ dtype: 'I8', shape: [3], bytes: Uint8Array.of(2, 0xfc, 1) },
    scale: floatTensor(Float32Array.of(0.5, 0.5, 0.5), [3]),
  };
  for (const tensor of [F32, F16, I8]) {
    const ofFile: HostTensor = {
      ...tensor,
      get bytes(): Uint8Array {
        throw new Error('the whole tensor was read');
      },
      copyBytes: (into) => into.set(tensor.bytes),
    };
    assert.equal([...readFloat32(ofFile, new Float32Array(3))], values, tensor.dtype);
  }
  const F64 = floatTensor(Float32Array.from(values), [3], 'F64');
  assert.equal([...readFloat32({ ...F64, copyBytes: () => {} }, new Float32Array(3))], values);
});

test.run();
