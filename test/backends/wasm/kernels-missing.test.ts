// If this fails, a build whose memory our kernels cannot join has no voice at all, or hides that it is a slow one.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireBackend } from '../../../src/backends/registry.js';
import { HeapGuard } from '../../../src/backends/wasm/heap.js';
import { KernelModule } from '../../../src/backends/wasm/kernel-module.js';

const test = suite('own kernels, found and missing');
const owner = { _malloc: () => 0, _free: () => {} };

test('a heap that was not found, and one that cannot be imported, are told by name', async () => {
  const none = await KernelModule.load(owner, undefined);
  assert.equal(none, { missing: 'the memory of the module was not found' });
  const foreign = { buffer: new ArrayBuffer(0) } as unknown as WebAssembly.Memory;
  const unfit = await KernelModule.load(owner, foreign);
  assert.ok('missing' in unfit && /memory/.test(unfit.missing), JSON.stringify(unfit));
});

test('both modules are joined, and say so', async () => {
  for (const numThreads of [1, 2]) {
    const { backend, release } = await acquireBackend('wasm', { numThreads });
    assert.match(backend.versions.features!, /own convolutions/);
    await release();
  }
});

test('a full heap is an error, not a write past its end', async () => {
  const heap = { HEAPU8: new Uint8Array(65536), _malloc: () => 60_000, _free: () => {} };
  new HeapGuard().guard(heap);
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = await KernelModule.load(heap, memory);
  assert.not('missing' in kernels);
  if ('missing' in kernels) return;
  assert.throws(() => kernels.store(new Float32Array(2000)), /heap is full/);
  assert.throws(() => kernels.reserveScratch(8000), /heap is full/);
});

test.run();
