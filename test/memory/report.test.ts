// If this fails, the memory report mixes layers up, or states figures that were not measured.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SynthesisConfig } from '../../src/config.js';
import { Arena } from '../../src/memory/arena.js';
import { memoryReport } from '../../src/memory/report.js';
import { ResultCache } from '../../src/synthesis/cache.js';

const test = suite('memory report');
const MB = 2 ** 20;

test('reports five layers, each from its own source', () => {
  const arena = new Arena();
  const lease = arena.lease(3000);
  const results = new ResultCache<string>({ maxEntries: 5 });
  results.set('a', 'A', 123);
  const settings = new SynthesisConfig({ cacheSize: 5 }, {});
  const weights = { bytes: 4 * MB, holders: 2 };
  const native = { wasmHeapBytes: 16 * MB, tensorBytes: undefined };
  const report = memoryReport({ native, arena, weights, results, settings });
  assert.equal(report.native, { wasmHeapBytes: 16 * MB });
  assert.equal([report.audio!.leases, report.audio!.requestedBytes], [1, 12000]);
  assert.equal(report.modelCache, { weightsBytes: 4 * MB, weightsHolders: 2, results: results.stats() });
  assert.is(report.configuration!.settings.cacheSize, 5);
  assert.is(report.configuration!.serializedBytes, JSON.stringify(settings).length);
  assert.ok(
    report.runtime!.heapUsedBytes > MB && report.runtime!.heapLimitBytes > report.runtime!.heapUsedBytes,
  );
  lease.release();
});

test('leaves out what was not measured', () => {
  const report = memoryReport({ native: {}, weights: {} });
  assert.equal(
    ['native', 'audio', 'modelCache', 'configuration'].filter((layer) => layer in report),
    [],
  );
});

test('moves the runtime layer with what the program holds', async () => {
  // V8 frees buffers on a thread of its own, after the collection: those of earlier tests must not go in
  // between.
  for (let i = 0; i < 2; i++) {
    void globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const before = memoryReport();
  const samples = new Float32Array(8 * MB).fill(1);
  const after = memoryReport();
  assert.ok(after.runtime!.arrayBuffersBytes! - before.runtime!.arrayBuffersBytes! > 24 * MB);
  assert.ok(after.process!.rssBytes - before.process!.rssBytes > 16 * MB);
  assert.is(samples[5], 1);
});

test.run();
