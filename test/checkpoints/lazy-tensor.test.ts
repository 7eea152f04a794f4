// If this fails, loading a voice leaves megabytes with the C library, or fails where addresses are scarce.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ownPages } from '../../src/checkpoints/lazy-tensor.js';

const test = suite('pages of its own');

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

test.run();
