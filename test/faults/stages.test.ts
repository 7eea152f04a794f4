// If this fails, one error anywhere in the walk leaks memory for good or spoils the calls after it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Resampler } from '../../src/audio/resample.js';
import { Frontend } from '../../src/frontend/frontend.js';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';
import { LARGEST_CHUNK } from '../../src/synthesis/memory-limit.js';
import { Excitation } from '../../src/vocoder/hifigan-source.js';
import { FaultyBackend } from './faulty-backend.js';
import { Settled } from './settled.js';

const test = suite('a fault in each stage');
const TEXT = 'Glue the sheet. Is it dark blue?';
const backend = new FaultyBackend();
let pipeline: VoirsPipeline;
let settled: Settled;

class Fault extends Error {}

/** Fails unless `run` throws the injected error itself, unchanged. */
async function fails(run: () => Promise<unknown>, when: string): Promise<void> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, Fault, `${when}: ${error}`);
    return;
  }
  throw new Error(`${when}: nothing was thrown`);
}

async function drain(stream: AsyncIterable<AudioBuffer>): Promise<number> {
  let chunks = 0;
  for await (const chunk of stream) {
    chunk.dispose();
    chunks++;
  }
  return chunks;
}

/** A method that throws until `restore`. */
function broken<T extends object>(owner: T, name: keyof T & string): () => void {
  const own = Object.getOwnPropertyDescriptor(owner, name)!;
  const value = () => {
    throw new Fault(name);
  };
  Object.defineProperty(owner, name, { ...own, value });
  return () => Object.defineProperty(owner, name, own);
}

test.before(async () => {
  pipeline = await VoirsPipeline.create({ backend: backend.name, numThreads: 1, cacheSize: 0 });
  settled = await Settled.of(pipeline, backend);
});
test.after(() => pipeline.dispose());
test.before.each(() => {
  backend.steps = 0;
  backend.before = () => {};
});

const CALLS: Record<string, () => Promise<unknown>> = {
  synthesize: async () => (await pipeline.synthesize(TEXT)).dispose(),
  stream: () => drain(pipeline.stream(TEXT)),
  'an edit of pitch (three graphs)': async () =>
    (await pipeline.synthesize('Glue.', { pitchShift: 2 })).dispose(),
  prepare: () => pipeline.prepare(TEXT),
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`${name}: the models fail at every kind of step: encoder, decoder, vocoder, reading`, async () => {
    const seen: string[] = [];
    backend.before = (_, operation) => seen.push(operation);
    await call();
    const total = seen.length;
    assert.ok(total > 20);
    // The first and the last of each operation, and some between: each stage uses several of them.
    const steps = new Set<number>([1, total]);
    for (const operation of new Set(seen)) {
      steps.add(seen.indexOf(operation) + 1);
      steps.add(seen.lastIndexOf(operation) + 1);
    }
    for (let n = 1; n < 8; n++) steps.add(Math.ceil((total * n) / 8));
    for (const at of steps) {
      backend.steps = 0;
      backend.before = (step) => {
        if (step === at) throw new Fault(`step ${at}`);
      };
      await fails(call, `step ${at}, ${seen[at - 1]}`);
      settled.isSettled(`after step ${at} of ${total}, ${seen[at - 1]}`);
    }
    backend.before = () => {};
    await settled.isAsBefore('after all of them');
  });
}

test('a late chunk of one long sentence', async () => {
  const words = Array.from({ length: 34 }, () => 'river');
  const prepared = await pipeline.prepare(`${words.join(' ')}.`, { speakingRate: 0.5 });
  const frames = prepared.sentences[0]!.tokens.reduce((sum, token) => sum + token.duration!, 0);
  assert.ok(frames > 2 * LARGEST_CHUNK, `${frames} frames are three chunks`);
  let reads = 0;
  backend.before = (_, operation) => {
    if (operation === 'read' && ++reads === 6) throw new Fault('third chunk'); // four readings before the vocoder's
  };
  await fails(async () => (await pipeline.render(prepared)).dispose(), 'third chunk');
  backend.before = () => {};
  await settled.isAsBefore('after the third chunk');
});

for (const [stage, owner, name] of [
  ['frontend', Frontend.prototype, 'steps'],
  ['excitation', Excitation.prototype, 'rows'],
] as const) {
  test(`the ${stage} throws`, async () => {
    const restore = broken<object>(owner, name as never);
    try {
      await fails(CALLS.synthesize!, stage);
      await fails(CALLS.stream!, stage);
    } finally {
      restore();
    }
    await settled.isAsBefore(`after the ${stage}`);
  });
}

test('the resampler throws, whole and streamed', async () => {
  await using resampling = await VoirsPipeline.create({
    backend: backend.name,
    numThreads: 1,
    sampleRate: 16000,
    cacheSize: 0,
  });
  const restore = broken<object>(Resampler.prototype, 'convertRange' as never);
  try {
    await fails(async () => (await resampling.synthesize(TEXT)).dispose(), 'whole');
    await fails(() => drain(resampling.stream(TEXT)), 'streamed');
  } finally {
    restore();
  }
  assert.equal([resampling.arena.stats().leases, resampling.arena.stats().usedBytes], [0, 0]);
  assert.ok((await drain(resampling.stream(TEXT))) > 1);
  const audio = await resampling.synthesize(TEXT);
  assert.ok(audio.rms() > 0.01);
  audio.dispose();
  await settled.isAsBefore('after the resampler');
});

test('onProgress throws at each of its calls', async () => {
  let calls = 0;
  const count = () => calls++;
  (await pipeline.synthesize(TEXT, { onProgress: count })).dispose();
  const whole = calls;
  calls = 0;
  await drain(pipeline.stream(TEXT, { onProgress: count }));
  assert.ok(whole > 3 && calls > 3);
  for (let at = 1; at <= Math.max(whole, calls); at++) {
    let n = 0;
    const onProgress = () => {
      if (++n === at) throw new Fault(`call ${at}`);
    };
    if (at <= whole) {
      await fails(async () => (await pipeline.synthesize(TEXT, { onProgress })).dispose(), `whole, ${at}`);
      settled.isSettled(`after call ${at}`);
    }
    n = 0;
    if (at <= calls) {
      await fails(() => drain(pipeline.stream(TEXT, { onProgress })), `stream, ${at}`);
      settled.isSettled(`after call ${at} of a stream`);
    }
  }
  await settled.isAsBefore('after onProgress');
});

test('the consumer of a stream throws, and the source of a stream fails', async () => {
  await fails(async () => {
    for await (const chunk of pipeline.stream(TEXT)) {
      chunk.dispose();
      throw new Fault('consumer');
    }
  }, 'consumer');
  settled.isSettled('after the consumer');
  async function* pieces() {
    yield 'One. Two.';
    throw new Fault('source');
  }
  await fails(() => drain(pipeline.stream(pieces())), 'source');
  await settled.isAsBefore('after the source');
});

test('a failed call fails alone: its neighbours in the queue are whole', async () => {
  const texts = ['One.', 'Two birds.', 'Three.', 'Four black birds.'];
  const alone: Float32Array[] = [];
  for (const text of texts) {
    const audio = await pipeline.synthesize(text);
    alone.push(audio.samples.slice());
    audio.dispose();
  }
  let fault = -1;
  backend.steps = 0;
  backend.before = (step) => {
    if (step === 60) {
      fault = step;
      throw new Fault('one of four');
    }
  };
  const results = await Promise.allSettled(texts.map((text) => pipeline.synthesize(text)));
  assert.is(fault, 60);
  const failed = results.filter(({ status }) => status === 'rejected');
  assert.is(failed.length, 1);
  for (const [n, result] of results.entries()) {
    if (result.status === 'rejected') continue;
    assert.equal(result.value.samples, alone[n]!);
    result.value.dispose();
  }
  backend.before = () => {};
  await settled.isAsBefore('after one of four');
});

test.run();
