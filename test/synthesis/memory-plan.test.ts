// If this fails, a consumer of memory gets more than its share of the limit, or a voice is refused that would fit.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend } from '../../src/backends/backend.js';
import {
  LARGEST_CHUNK,
  memoryFloor,
  planMemory,
  throwBelowFloor,
  weightForm,
} from '../../src/synthesis/memory-limit.js';
import type { ModelsHold } from '../../src/synthesis/shared-models.js';
import { voirsError } from '../expect.js';

const test = suite('plan of memory');
const MIB = 2 ** 20;
/** 1,000 values a frame: 24,000 bytes of the vocoder, 4,000 of the acoustic model. */
const SIZES = {
  acoustic: { valuesPerFrame: 1000, contextFrames: 28 },
  vocoder: { valuesPerFrame: 1000, contextFrames: 10 },
};
const GLOBAL = { ...SIZES, acoustic: { valuesPerFrame: 1000, contextFrames: Number.POSITIVE_INFINITY } };

test('gives audio one half of the limit and results one sixteenth', () => {
  for (const limitMb of [16, 33, 512]) {
    const plan = planMemory(limitMb, 'fast', SIZES);
    assert.is(plan.limitBytes, limitMb * MIB);
    assert.is(plan.audioBytes, (limitMb * MIB) / 2);
    assert.is(plan.resultsBytes, (limitMb * MIB) / 16);
    assert.is(plan.weights, 'fast');
  }
});

test('leaves a heap 24 MiB or one half of the limit to work in', () => {
  assert.is(planMemory(16, 'half', SIZES).workingHeapBytes, 24 * MIB);
  assert.is(planMemory(48, 'half', SIZES).workingHeapBytes, 24 * MIB);
  assert.is(planMemory(50, 'half', SIZES).workingHeapBytes, 25 * MIB);
});

test('cuts the vocoder into chunks of one eighth of the limit', () => {
  const frames = (limitMb: number) => planMemory(limitMb, 'fast', SIZES).chunkFrames;
  // 16 MiB: 2 MiB / 24,000 bytes = 87 frames, less the context at both sides.
  assert.equal([1, 6, 16, 24, 512].map(frames), [16, 16, 67, 111, LARGEST_CHUNK]);
});

test('lets a local acoustic model make 64 to 2,048 frames at once', () => {
  const frames = (limitMb: number) => planMemory(limitMb, 'fast', SIZES).decodedFrames;
  assert.equal([1, 16, 512].map(frames), [64, 468, 2048]);
});

test('takes weights of the form that fits', () => {
  const weights = MIB;
  assert.equal(
    [16, 15.9, 8, 7.9].map((limitMb) => weightForm(limitMb, weights)),
    ['fast', 'compact', 'compact', 'half'],
  );
});

test('needs room for the weights and the larger of both models', () => {
  // Vocoder: 16 frames and context at both sides; acoustic: 64 frames and context.
  assert.is(memoryFloor(5, SIZES, 86), 5 + Math.max((64 + 56) * 4000, (16 + 20) * 24_000));
  const far = { ...SIZES, acoustic: { valuesPerFrame: 1000, contextFrames: 400 } };
  assert.is(memoryFloor(5, far, 86), 5 + (64 + 800) * 4000);
  // Frames that depend on all others: ten seconds of them.
  assert.is(memoryFloor(5, GLOBAL, 300), 5 + 3000 * 4000);
});

test('refuses a limit below the floor where the heap is ours', async () => {
  const models = {
    ...{ acoustic: SIZES.acoustic, vocoder: { ...SIZES.vocoder, hop: 256 } },
    weights: () => ({ bytes: 10 * MIB }),
  } as unknown as ModelsHold;
  const backend = (memory: object) => ({ memory: () => memory }) as unknown as Backend;
  const floorMb = Math.ceil(memoryFloor(11 * MIB, SIZES, 22050 / 256) / MIB);
  const ours = backend({ wasmHeapBytes: 0, kernelScratchBytes: MIB });
  throwBelowFloor(floorMb, ours, models, 22050);
  const { message } = await voirsError(
    () => throwBelowFloor(floorMb - 1, ours, models, 22050),
    'MEMORY_ERROR',
  );
  assert.match(message, new RegExp(`got ${floorMb - 1}; wanted ${floorMb} or more`));
  throwBelowFloor(1, backend({}), models, 22050);
  const exact = { ...models, weights: () => ({ bytes: floorMb * MIB - memoryFloor(0, SIZES, 22050 / 256) }) };
  throwBelowFloor(floorMb, backend({ wasmHeapBytes: 0 }), exact as ModelsHold, 22050); // no scratch, to the byte
});

test.run();
