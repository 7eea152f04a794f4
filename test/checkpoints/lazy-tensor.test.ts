// If this fails, a damaged voice speaks silence, or loading one leaves megabytes with the C library.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LazyTensor, ownPages, Staging } from '../../src/checkpoints/lazy-tensor.js';
import { throwsVoirs } from './expect-error.js';

const test = suite('lazy tensors');

test('gives at least the bytes asked for, zeroed, in whole pages', () => {
  for (const bytes of [0, 1, 65_536, 65_537, 3_000_000]) {
    const buffer = ownPages(bytes);
    assert.ok(buffer.byteLength >= bytes && buffer.byteLength < bytes + 65_536, `${bytes}`);
    assert.is(buffer.byteLength % 65_536, 0);
    assert.ok(new Uint8Array(buffer).every((byte) => byte === 0));
  }
});

test('gives 300 buffers in turn, each of which can be written', () => {
  for (let n = 0; n < 300; n++) {
    const bytes = new Uint8Array(ownPages(100_000));
    bytes.fill(n);
    assert.is(bytes[99_999], n & 255);
  }
});

test('gives a plain buffer where the system refuses a memory', () => {
  const { Memory } = WebAssembly;
  WebAssembly.Memory = function refusing(): never {
    throw new RangeError('WebAssembly.Memory(): could not allocate memory');
  } as unknown as typeof Memory;
  try {
    assert.is(ownPages(1000).byteLength, 1000);
  } finally {
    WebAssembly.Memory = Memory;
  }
});

test('refuses a weight that is not finite, wherever it stands', () => {
  for (const value of [NaN, -NaN, Infinity, -Infinity]) {
    for (const at of [0, 3, 6]) {
      const values = Float32Array.of(0, -0, 3.4e38, 1e-45, -3.4e38, 1, -1);
      values[at] = value;
      const bytes = new Uint8Array(values.buffer);
      const tensor = { dtype: 'F32' as const, shape: [7], bytes };
      const wanted = new RegExp(
        `not a number; got ${value} at conv\\.weight\\[${at}\\]; wanted finite weights`,
      );
      throwsVoirs(() => new LazyTensor('conv.weight', tensor, 'voice.safetensors').data, wanted);
      const read = { ...tensor, copyBytes: (into: Uint8Array) => into.set(bytes) };
      throwsVoirs(() => new LazyTensor('conv.weight', read, 'voice.safetensors').via(new Staging()), wanted);
    }
  }
});

test('takes the largest and the smallest finite weights', () => {
  const values = Float32Array.of(3.4028234663852886e38, -3.4028234663852886e38, 1e-45, -1e-45, 0, -0);
  const tensor = { dtype: 'F32' as const, shape: [6], bytes: new Uint8Array(values.buffer) };
  assert.equal([...new LazyTensor('w', tensor, 'voice').data], [...values]);
});

test('takes a tensor without values', () => {
  const tensor = { dtype: 'F32' as const, shape: [0], bytes: new Uint8Array(0) };
  assert.is(new LazyTensor('w', tensor, 'voice').data.length, 0);
});

test('converts into the same memory again after a rewind, and never twice before', () => {
  const staging = new Staging();
  const [first, second] = [staging.take(2 ** 14), staging.take(10)];
  assert.is(first.buffer.byteLength, 2 ** 16);
  first.fill(1);
  second.fill(2);
  assert.ok(first.every((value) => value === 1));
  staging.rewind();
  const whole = staging.take(2 ** 14 + 10);
  assert.is(whole.buffer, second.buffer);
  staging.rewind();
  assert.is(staging.take(2 ** 14 + 10).buffer, second.buffer);
  assert.equal([staging.take(0).length, staging.take(1).length], [0, 1]);

  staging.rewind();
  const bytes = new Uint8Array(Float32Array.of(1, 2).buffer);
  const tensor = { dtype: 'F32' as const, shape: [2], bytes };
  assert.is(
    new LazyTensor('w', tensor, 'voice').via(staging).buffer,
    bytes.buffer,
    'what lies in memory stays',
  );
  const read = { ...tensor, copyBytes: (into: Uint8Array) => into.set(bytes) };
  assert.equal([...new LazyTensor('w', read, 'voice').via(staging)], [1, 2]);
});

test.run();
