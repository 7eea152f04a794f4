// If this fails, pipelines that are gone keep their memory.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from '../../src/index.js';
import { type Left, left, MB } from './readings-of.js';

const test = suite('acceptance: pipelines come and go');

async function speakOnce(dispose: boolean): Promise<void> {
  const pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  (await pipeline.synthesize('Gone.', { speakingRate: 2 })).dispose();
  if (dispose) await pipeline.dispose();
}

for (const how of ['disposed', 'dropped'] as const) {
  test(`frees tensors, heaps and audio of 5 pipelines ${how} in turn`, async () => {
    // The first ones leave memory that is taken once: code, the frontend's tables, the compiled modules.
    for (let n = 0; n < 4; n++) await speakOnce(true);
    const before = await left();
    for (let n = 0; n < 5; n++) await speakOnce(how === 'disposed');
    let after: Left = await left();
    // A dropped one is freed by its finalizer, in a turn of its own, and its heap is collected after that.
    for (let i = 0; i < 100 && (after.tensors > 0 || after.external > before.external + 16 * MB); i++)
      after = await left();
    assert.equal([after.tensors, after.tensorBytes], [0, 0]);
    assert.ok(after.external < before.external + 16 * MB, `external ${before.external} -> ${after.external}`);
    assert.ok(
      after.arrayBuffers < before.arrayBuffers + 2 * MB,
      `${before.arrayBuffers} -> ${after.arrayBuffers}`,
    );
    assert.ok(after.heapUsed < before.heapUsed + 4 * MB, `JS heap ${before.heapUsed} -> ${after.heapUsed}`);
    assert.ok(after.rss < before.rss + 64 * MB, `RSS ${before.rss} -> ${after.rss}`);
  });
}

test('shares weights and heap among 5 pipelines until the last one ends', async () => {
  const before = await left();
  const first = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const one = await left(first);
  const others = await Promise.all(Array.from({ length: 4 }, () => VoirsPipeline.create({ numThreads: 1 })));
  const five = await left(first);
  assert.equal([five.tensors, five.wasmHeap], [one.tensors, one.wasmHeap], 'no second copy');
  assert.is(first.memoryReport().modelCache!.weightsHolders, 5);
  const all = [first, ...others];
  for (const pipeline of all) await pipeline.dispose();
  const after = await left();
  assert.is(all.length, 5); // they are still referred to, which holds no heap
  assert.equal([after.tensors, after.tensorBytes], [before.tensors, before.tensorBytes]);
  assert.ok(after.external < before.external + 2 * MB, `external ${before.external} -> ${after.external}`);
});

test.run();
