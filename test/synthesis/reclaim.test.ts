// If this fails, pipelines that a program forgets to dispose keep their weights for ever, or reports are made up.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineCounts } from '../../src/backends/engine.js';
import { VoirsPipeline } from '../../src/index.js';

const test = suite('reclaiming and reporting');

test('a pipeline dropped without dispose() is reclaimed with its weights', async () => {
  const drop = async () => {
    const pipeline = await VoirsPipeline.create({ numThreads: 1 });
    (await pipeline.synthesize('Gone.')).dispose();
  };
  await drop();
  // The weights are in the heap of WebAssembly, which counts as external memory.
  const { external } = process.memoryUsage();
  assert.ok(external > 64 * 2 ** 20, `${external}`);
  const heldBytes = () => process.memoryUsage().external;
  for (let i = 0; i < 100 && heldBytes() > external - 64 * 2 ** 20; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.ok(heldBytes() < external - 64 * 2 ** 20, `${external} -> ${heldBytes()}`);
  assert.is(engineCounts().tensors, 0);
});

test('the report has the five layers, measured', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  await using second = await VoirsPipeline.create({ numThreads: 1 });
  using audio = await pipeline.synthesize('Count me.');
  const report = pipeline.memoryReport();
  assert.ok(report.runtime!.heapUsedBytes > 2 ** 20);
  assert.ok(report.native!.wasmHeapBytes! > 2 ** 24);
  assert.is(report.audio!.leases, 1);
  assert.is(report.audio!.requestedBytes, audio.samples.byteLength);
  assert.ok(report.modelCache!.weightsBytes! > 10 * 2 ** 20);
  assert.is(report.modelCache!.weightsHolders, 2);
  assert.is(report.configuration!.settings.numThreads, 1);
  assert.ok(report.process!.rssBytes > 2 ** 26);
  await second.dispose();
  assert.is(pipeline.memoryReport().modelCache!.weightsHolders, 1);
  await using slow = await VoirsPipeline.create({ backend: 'cpu' });
  assert.is(slow.memoryReport().native, undefined, 'what cannot be measured is absent');
});

test.run();
