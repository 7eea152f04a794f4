// If this fails, the memory patterns hold for fake pipelines but not for the engine itself.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineCounts } from '../../src/backends/engine.js';
import { memoryMonitor } from '../../src/memory/monitor.js';
import { AdaptiveMemoryTTS } from '../../src/patterns/adaptive-tts.js';
import { LeakDetector } from '../../src/patterns/leak-detector.js';
import { batchSynthesize, managedPipeline, streamingSynthesize } from '../../src/patterns/many-texts.js';
import { createPipelinePool } from '../../src/patterns/pool.js';
import { VoirsPipeline } from '../../src/pipeline.js';
import { voirsError } from '../expect.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('services on the engine');
const WORDS = ['no', 'tea', 'four', 'rivers', 'engine'];
const FAST = { speakingRate: 2 };
// What the services do is the same with a voice of a few kilobytes; what memory holds is measured with a real one.
const voice = tinyVoice();
const TINY = { weights: voice.folder, numThreads: 1 };
test.after(() => voice.remove());

test('serves 20 tasks of 25 operations from a pool of four', async () => {
  const before = engineCounts();
  const pool = await createPipelinePool(TINY);
  const filled = engineCounts();
  assert.is(pool.stats().idle, 4);
  let spoken = 0;
  const task = async (n: number) => {
    for (let i = 0; i < 25; i++) {
      await pool.use(async (pipeline) => {
        using audio = await pipeline.synthesize(WORDS[(n + i) % WORDS.length]!, FAST);
        assert.ok(audio.samples.some((x) => x !== 0));
        spoken++;
      });
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, n) => task(n)));
  const { idle, inUse, temporaries, temporariesMade, acquired, released } = pool.stats();
  assert.equal([spoken, acquired, released], [500, 500, 500]);
  assert.equal([idle, inUse, temporaries], [4, 0, 0]);
  assert.ok(temporariesMade >= 16, 'tasks beyond the size do not wait');
  assert.equal(engineCounts(), filled, 'tensors as after filling: the temporaries are gone');
  await pool.cleanup();
  assert.equal(engineCounts(), before);
});

test('names the pipeline that is held among those collected', async () => {
  const detector = new LeakDetector();
  const gone: number[] = [];
  const createAndDrop = async (n: number) => {
    const pipeline = await VoirsPipeline.create(TINY);
    detector.track(pipeline, { onCollected: () => gone.push(n) });
    (await pipeline.synthesize('Drop me.', FAST)).dispose();
    await pipeline.dispose();
  };
  for (let n = 0; n < 3; n++) await createAndDrop(n);
  await using held = detector.track(await VoirsPipeline.create(TINY), { label: 'held' });
  const set = new Set([held]);
  const report = await detector.checkLeaks();
  assert.equal(
    report.survivors.map(({ type, label }) => [type, label]),
    [['VoirsPipeline', 'held']],
  );
  assert.match(report.survivors[0]!.createdAt, /engine\.test\.ts/);
  assert.equal([report.collected, gone.sort(), set.has(held)], [3, [0, 1, 2], true]);
});

test('measures RSS at the baseline, creation, synthesis and clean-up', async () => {
  const collected = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) {
      globalThis.gc!();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await collected();
  using monitor = memoryMonitor('usage');
  const pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const created = monitor.sample('created');
  const { weightsBytes } = pipeline.memoryReport().modelCache!;
  const { wasmHeapBytes } = pipeline.memoryReport().native!;
  assert.ok(wasmHeapBytes! > weightsBytes!);
  (await pipeline.synthesize('Hello, world.')).dispose();
  const spoken = monitor.sample('spoken');
  await pipeline.dispose();
  await collected();
  monitor.sample('cleaned up');
  const { marks, peakBytes, startBytes, endBytes, netBytes } = monitor.end();
  assert.equal(
    marks.map(({ label }) => label),
    ['created', 'spoken', 'cleaned up'],
  );
  assert.ok(peakBytes - startBytes >= Math.max(created, spoken));
  assert.ok(marks[2]!.deltaBytes < spoken - weightsBytes! / 2, JSON.stringify(marks));
  assert.is(netBytes, endBytes - startBytes);
});

test('gives in batch and stream what single calls give, in order', async () => {
  const before = engineCounts();
  const texts = ['One.', 'Two birds.', 'Three blue birds.'];
  const single = await managedPipeline(async (pipeline) => {
    const lengths: number[] = [];
    for (const text of texts) {
      using audio = await pipeline.synthesize(text, FAST);
      lengths.push(audio.samples.length);
    }
    return lengths;
  }, TINY);
  assert.is(new Set(single).size, 3);
  const batch = await batchSynthesize(texts, { ...TINY, batchSize: 2, synthesis: FAST });
  assert.equal(
    batch.map((audio) => audio.samples.length),
    single,
  );
  for (const audio of batch) audio.dispose();
  const streamed: number[] = [];
  for await (const audio of streamingSynthesize(texts, { ...TINY, synthesis: FAST })) {
    streamed.push(audio.samples.length);
    audio.dispose();
  }
  assert.equal(streamed, single);
  assert.equal(engineCounts(), before);
});

test('disposes the pipeline of a scope that fails', async () => {
  const before = engineCounts();
  await voirsError(() => managedPipeline((pipeline) => pipeline.synthesize(''), TINY), 'INVALID_TEXT');
  assert.equal(engineCounts(), before);
});

test('speaks on every level of pressure with one pipeline at a time', async () => {
  const before = engineCounts();
  let used = 0.95;
  const tts = new AdaptiveMemoryTTS({ pipeline: TINY, checkIntervalMs: 0, read: () => used });
  const levels: (string | undefined)[] = [];
  const tensors: number[] = [];
  for (const share of [0.95, 0.8, 0.6, 0.3, 0.95]) {
    used = share;
    using audio = await tts.synthesize('Adapt.', FAST);
    assert.ok(audio.samples.some((x) => x !== 0));
    levels.push(tts.level);
    tensors.push(engineCounts().tensors);
  }
  assert.equal(levels, ['critical', 'high', 'moderate', 'low', 'critical']);
  assert.is(tensors[4], tensors[0]);
  await tts.dispose();
  assert.equal(engineCounts(), before);
});

test.run();
