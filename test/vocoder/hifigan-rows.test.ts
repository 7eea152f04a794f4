// If this fails, streamed chunks have seams, or carry context they do not need.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture, maxAbs } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { Generator } from '../../src/vocoder/hifigan.js';
import { chunkPlan, vocodeRange } from '../../src/vocoder/hifigan-chunks.js';
import { contextFrames, generatorRows } from '../../src/vocoder/hifigan-rows.js';
import { readVocoderCheckpoint } from '../../src/voices/files.js';

const test = suite('receptive field and chunks');

test('it is the published 13, 13 and 11 frames', async () => {
  for (const [name, frames] of [
    ['v1', 13],
    ['v2', 13],
    ['v3', 11],
  ] as const) {
    const { config } = await readVocoderCheckpoint(
      fixture(`hifigan-${name}-tiny.pth`),
      fixture(`hifigan-${name}-tiny.json`),
    );
    assert.is(contextFrames(config), frames, name);
  }
});

test('a frame changes samples no farther than it says, and not much less, on every fixture', async () => {
  // On the reference: a transform kernel's rounding reaches over its whole tile, below 1e-6, beyond the field itself.
  const hold = await acquireBackend('cpu', { numThreads: 1 });
  for (const name of ['v1', 'v2', 'v3', 'odd']) {
    const { config, tensors } = await readVocoderCheckpoint(
      fixture(`hifigan-${name}-tiny.pth`),
      fixture(`hifigan-${name}-tiny.json`),
    );
    // Larger weights, so that no influence is lost in rounding on its way through the layers.
    for (const tensor of tensors.values()) if (tensor.shape.length === 3) tensor.data.fill(0.01);
    const generator = Generator.load(hold.backend, config, tensors);
    const context = contextFrames(config);
    const frames = 4 * context + 1;
    const middle = 2 * context;
    const run = async (mel: Float32Array) => {
      const samples = generator.run(mel, undefined);
      const out = new Float32Array(samples.size);
      await hold.backend.read(samples, out);
      samples.dispose();
      return out;
    };
    const mel = new Float32Array(frames * config.bands).fill(0.01);
    const usual = await run(mel);
    mel.fill(0.5, middle * config.bands, (middle + 1) * config.bands);
    const moved = await run(mel);
    const changed = [...usual.keys()].filter((n) => usual[n] !== moved[n]);
    const first = Math.floor(changed[0]! / generator.hop);
    const last = Math.floor(changed[changed.length - 1]! / generator.hop);
    const reach = Math.max(middle - first, last - middle);
    // The outermost influences are products of two dozen weights, below float32's resolution here.
    assert.ok(reach <= context && reach >= context / 2, `${name}: ${reach} of ${context}`);
    generator.dispose();
  }
  await hold.release();
});

for (const [backendName, limit] of [
  ['cpu', 1e-6],
  ['wasm', 1e-5],
] as const) {
  test(`any stretch of frames, made alone, is what the whole has there, on ${backendName}`, async () => {
    const hold = await acquireBackend(backendName, { numThreads: 1 });
    for (const name of ['v1', 'v2', 'v3', 'odd']) {
      const { config, tensors } = await readVocoderCheckpoint(
        fixture(`hifigan-${name}-tiny.pth`),
        fixture(`hifigan-${name}-tiny.json`),
      );
      const generator = Generator.load(hold.backend, config, tensors);
      const { hop } = generator;
      const frames = 3 * generator.contextFrames;
      const mel = Float32Array.from({ length: frames * config.bands }, (_, i) => Math.sin(i * i) - 1);
      const make = async (from: number, to: number) => {
        const out = new Float32Array((to - from) * hop);
        await vocodeRange(generator, { mel, frames, excitation: undefined }, { from, to }, out);
        return out;
      };
      const whole = await make(0, frames);
      for (const [from, to] of [
        [0, 1],
        [0, frames - 1],
        [1, 3],
        [generator.contextFrames, generator.contextFrames + 1],
        [frames - 2, frames],
      ] as const) {
        const difference = maxAbs(await make(from, to), whole.subarray(from * hop, to * hop));
        assert.ok(difference <= limit, `${name}, frames ${from} to ${to}: differs by ${difference}`);
      }
      generator.dispose();
    }
    await hold.release();
  });
}

test('a stretch is computed from no more than its receptive field, and each stage from less than the one before', async () => {
  const { config } = await readVocoderCheckpoint(
    fixture('hifigan-v2-tiny.pth'),
    fixture('hifigan-v2-tiny.json'),
  );
  const { mel, pre, stages, samples } = generatorRows(config, { from: 100, to: 116 }, 1000);
  assert.equal(mel, { from: 100 - contextFrames(config), to: 116 + contextFrames(config) });
  assert.equal(pre, { from: mel.from + 3, to: mel.to - 3 });
  assert.equal(samples, { from: 25_600, to: 29_696 });
  let rows = 1; // of a stage in a frame
  let context = pre.to - pre.from - 16;
  for (const [i, { before, into, out }] of stages.entries()) {
    rows *= config.upsampleRates[i]!;
    assert.ok(before.from * config.upsampleRates[i]! <= into.from && into.from < out.from);
    const frames = (into.to - into.from) / rows - 16;
    assert.ok(frames < context, `stage ${i}: ${frames} frames of context after ${context}`);
    context = frames;
  }
});

test('a plan covers all frames once, starts small, and its large windows are of one length', () => {
  for (const [first, most] of [
    [16, 192],
    [192, 192],
    [7, 40],
  ] as const) {
    for (let frames = 1; frames < 1500; frames += 7) {
      const plan = chunkPlan(frames, first, most);
      assert.is(plan[0]!.from, 0);
      assert.is(plan[plan.length - 1]!.to, frames);
      plan.forEach((range, i) => {
        if (i > 0) assert.is(range.from, plan[i - 1]!.to);
        assert.ok(
          range.to > range.from && range.to - range.from <= most + 26,
          `${frames}: ${JSON.stringify(plan)}`,
        );
      });
      if (first < most) assert.ok(plan[0]!.to <= first * 1.5 + 26, `${frames}: ${JSON.stringify(plan[0])}`);
      const windows = plan
        .slice(first < most ? plan.findIndex((range) => range.to - range.from > most / 2) : 0)
        .map(({ from, to }) => Math.min(frames, to + 13) - Math.max(0, from - 13));
      if (first === most)
        assert.ok(Math.max(...windows) - Math.min(...windows) <= windows.length, `${windows}`);
    }
  }
});

test.run();
