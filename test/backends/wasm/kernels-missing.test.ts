// If this fails, voirs does not speak where our kernels cannot be loaded, or does not report that it is
// slower there.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireBackend } from '../../../src/backends/registry.js';
import { HeapGuard } from '../../../src/backends/wasm/heap.js';
import { KernelModule } from '../../../src/backends/wasm/kernel-module.js';

const test = suite('own kernels, found and missing');
const owner = { _malloc: () => 0, _free: () => {} };

test('names a heap that was not found or cannot be imported', async () => {
  const none = await KernelModule.load(owner, undefined);
  assert.equal(none, { missing: 'the memory of the module was not found' });
  const foreign = { buffer: new ArrayBuffer(0) } as unknown as WebAssembly.Memory;
  const unfit = await KernelModule.load(owner, foreign);
  assert.ok('missing' in unfit && /memory/.test(unfit.missing), JSON.stringify(unfit));
});

test('reports own kernels in both modules', async () => {
  for (const numThreads of [1, 2]) {
    const { backend, release } = await acquireBackend('wasm', { numThreads });
    assert.match(backend.versions.features!, /own convolutions/);
    await release();
  }
});

test('refuses to write past the end of a full heap', async () => {
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
