// If this fails, a page waits for 25 MB without a word, or cannot stop the loading, or keeps what it stopped.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineCounts } from '../../src/backends/engine.js';
import { type LoadProgress, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('loading');

test('tells stages and bytes, up to the whole size', async () => {
  const told: LoadProgress[] = [];
  await using _ = await VoirsPipeline.create({
    numThreads: 1,
    onProgress: (progress) => told.push(progress),
  });
  const stages = told.map(({ stage }) => stage);
  assert.equal([...new Set(stages)], ['voice', 'backend', 'weights', 'lexicon', 'ready']);
  for (let i = 1; i < told.length; i++) assert.ok(told[i]!.loadedBytes >= told[i - 1]!.loadedBytes);
  const { loadedBytes, totalBytes } = told.at(-1)!;
  assert.is(loadedBytes, totalBytes);
  assert.ok(totalBytes > 5e6 && told.filter(({ stage }) => stage === 'weights').length > 10);
});

test('stops at any stage and keeps nothing', async () => {
  const before = engineCounts();
  for (const at of ['voice', 'backend', 'weights', 'lexicon', 'ready'] as const) {
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const { cause } = await voirsError(
      () =>
        VoirsPipeline.create({
          numThreads: 1,
          signal: controller.signal,
          onProgress: ({ stage }) => {
            if (stage === at) controller.abort(reason);
          },
        }),
      'ABORTED',
    );
    assert.is(cause, reason);
  }
  await voirsError(() => VoirsPipeline.create({ signal: AbortSignal.abort() }), 'ABORTED');
  await new Promise((resolve) => setTimeout(resolve, 1500)); // what was under way ends by itself
  assert.equal(engineCounts(), before);
});

test('ends with what onProgress throws, and spares pipelines that load the same', async () => {
  const fault = new Error('mine');
  const failing = VoirsPipeline.create({
    numThreads: 1,
    onProgress: ({ stage }) => {
      if (stage === 'weights' || stage === 'lexicon') throw fault;
    },
  });
  const [first, second] = await Promise.allSettled([failing, VoirsPipeline.create({ numThreads: 1 })]);
  assert.is((first as PromiseRejectedResult).reason, fault);
  assert.is(second.status, 'fulfilled');
  await (second as PromiseFulfilledResult<VoirsPipeline>).value.dispose();
});

test.run();
