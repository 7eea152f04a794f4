// If this fails, stopping speech at an unlucky moment leaks memory, hangs, or spoils what is said next.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';
import { FaultyBackend } from './faulty-backend.js';
import { Settled } from './settled.js';

const test = suite('abort, dispose and reset at any point');
const TEXT = 'Glue it. Is it blue?';
const backend = new FaultyBackend();
let pipeline: VoirsPipeline;
let settled: Settled;

async function drain(stream: AsyncIterable<AudioBuffer>): Promise<void> {
  for await (const chunk of stream) chunk.dispose();
}

/** Each way to speak, with a signal. */
const CALLS: ((of: VoirsPipeline, signal?: AbortSignal) => Promise<void>)[] = [
  async (of, signal) => (await of.synthesize(TEXT, { signal })).dispose(),
  (of, signal) => drain(of.stream(TEXT, { signal })),
  async (of, signal) => void (await of.prepare(TEXT, { signal })),
  async (of, signal) => (await of.synthesize(TEXT, { signal, pitchShift: 1 })).dispose(),
];
/** Steps of each on the backend. */
const totals: number[] = [];

test.before(async () => {
  pipeline = await VoirsPipeline.create({ backend: backend.name, numThreads: 1, cacheSize: 0 });
  settled = await Settled.of(pipeline, backend);
  for (const call of CALLS) {
    backend.steps = 0;
    await call(pipeline);
    totals.push(backend.steps);
  }
});
test.after(() => pipeline.dispose());
test.before.each(() => {
  backend.steps = 0;
  backend.before = () => {};
});

/** At step `at` of the backend's work, once. */
function atStep(at: number, act: () => void): void {
  backend.steps = 0;
  backend.before = (step) => {
    if (step === at) act();
  };
}

test('property: aborted at any step, a call ends with ABORTED or is done, and leaves nothing', async () => {
  const point = fc.record({
    kind: fc.nat(CALLS.length - 1),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  let aborted = 0;
  await fc.assert(
    fc.asyncProperty(point, async ({ kind, share }) => {
      const controller = new AbortController();
      const at = Math.floor(share * totals[kind]!); // 0: before the first
      if (at === 0) controller.abort('enough');
      else atStep(at, () => controller.abort('enough'));
      try {
        await CALLS[kind]!(pipeline, controller.signal);
        assert.ok(at > totals[kind]! / 2, `call ${kind} went on after step ${at} of ${totals[kind]}`);
      } catch (error) {
        const { code, cause } = error as { code?: string; cause?: unknown };
        assert.equal([code, cause], ['ABORTED', 'enough'], `${error}`);
        aborted++;
      }
      backend.before = () => {};
      settled.isSettled(`after call ${kind} was aborted at step ${at}`);
    }),
    { numRuns: 40, seed: 11 },
  );
  assert.ok(aborted > 30, `${aborted} of 40 were stopped`);
  await settled.isAsBefore('after 40 aborts');
});

test('property: aborted at any time by a timer, among other calls that go on', async () => {
  const whole = await pipeline.synthesize(TEXT);
  const said = whole.samples.slice();
  whole.dispose();
  await fc.assert(
    fc.asyncProperty(fc.nat(3), fc.nat(120), async (kind, delay) => {
      const controller = new AbortController();
      const timer = setTimeout(() => controller.abort(), delay);
      const doomed = CALLS[kind]!(pipeline, controller.signal).catch((error: { code?: string }) => {
        assert.is(error.code, 'ABORTED');
      });
      const [audio] = await Promise.all([pipeline.synthesize(TEXT), doomed]);
      clearTimeout(timer);
      assert.is(maxAbs(audio.samples, said), 0);
      audio.dispose();
      settled.isSettled(`after call ${kind} was aborted after ${delay} ms`);
    }),
    { numRuns: 8, seed: 12 },
  );
});

test('dispose() at any step: DISPOSED for the call, nothing left of it, and others on the backend go on', async () => {
  for (const [kind, call] of CALLS.entries()) {
    for (const share of [0.05, 0.5, 0.95]) {
      const other = await VoirsPipeline.create({ backend: backend.name, numThreads: 1, cacheSize: 0 });
      let gone: Promise<void> | undefined;
      const at = Math.ceil(share * totals[kind]!);
      atStep(at, () => {
        gone = other.dispose();
      });
      try {
        await call(other);
        assert.ok(share > 0.5, `call ${kind} went on after dispose() at step ${at}`);
      } catch (error) {
        assert.is((error as { code?: string }).code, 'DISPOSED', `${error}`);
      }
      backend.before = () => {};
      await gone;
      await voirsError(() => other.synthesize('No.'), 'DISPOSED');
      assert.is(other.arena.stats().leases, 0);
      settled.isSettled(`after dispose() at step ${at} of call ${kind}`);
    }
  }
  await settled.isAsBefore('after the pipelines that were disposed');
});

test('the last pipeline of a backend, disposed while it speaks, takes everything with it', async () => {
  const before = engineCounts();
  const own = new FaultyBackend();
  const last = await VoirsPipeline.create({ backend: own.name, numThreads: 1, cacheSize: 0 });
  let gone: Promise<void> | undefined;
  own.before = (step) => {
    if (step === 40) gone = last.dispose();
  };
  await voirsError(() => last.synthesize(TEXT), 'DISPOSED');
  await gone;
  assert.equal(engineCounts(), before);
  assert.is(last.arena.stats().capacityBytes, 0);
});

test('concurrent resets: at every fifth step and from four sides, what is said stays the same', async () => {
  const texts = ['One.', 'Two birds.', 'Three blue birds.'];
  const say = async (text: string) => {
    const audio = await pipeline.synthesize(text);
    const samples = audio.samples.slice();
    audio.dispose();
    return samples;
  };
  const alone = [];
  for (const text of texts) alone.push(await say(text));
  const resets: (void | Promise<void>)[] = [];
  backend.before = (step) => {
    if (step % 5 === 0) resets.push(pipeline.reset());
  };
  const together = await Promise.all(texts.map(say));
  backend.before = () => {};
  for (let side = 0; side < 4; side++) resets.push(pipeline.reset());
  await Promise.all(resets);
  assert.ok(resets.length > 20);
  for (const [n, samples] of together.entries()) assert.is(maxAbs(samples, alone[n]!), 0, texts[n]);
  const held = await pipeline.synthesize('Held over a reset.');
  const copy = held.samples.slice();
  await pipeline.reset();
  await say('One.');
  assert.is(maxAbs(held.samples, copy), 0, 'audio that is held is not given away by reset()');
  held.dispose();
  await settled.isAsBefore('after the resets');
});

test.run();
