// If this fails, streamed chunks have seams, or carry context they do not need.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { vocodeWhole } from '../../bench/lib/engine.js';
import { fixture, maxAbs } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { floatTensor, type HostTensor } from '../../src/checkpoints/tensor.js';
import { generatorDeclaration, loadGenerator } from '../../src/vocoder/hifigan.js';
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

const filled = (shape: number[], value: number): HostTensor =>
  floatTensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(value), shape);

test('a frame changes samples no farther than it says, and not much less, on every fixture', async () => {
  // On the reference: a transform kernel's rounding reaches over its whole tile, below 1e-6, beyond the field itself.
  const hold = await acquireBackend('cpu', { numThreads: 1 });
  for (const name of ['v1', 'v2', 'v3', 'odd']) {
    const { config, tensors } = await readVocoderCheckpoint(
      fixture(`hifigan-${name}-tiny.pth`),
      fixture(`hifigan-${name}-tiny.json`),
    );
    // Larger weights, so that no influence is lost in rounding on its way through the layers.
    const larger = [...generatorDeclaration(config).tensors].map(
      ([name, shape]) =>
        [name, shape.length === 3 ? filled(shape as number[], 0.01) : tensors.get(name)!] as const,
    );
    const generator = loadGenerator(hold.backend, config, new Map(larger));
    const context = contextFrames(config);
    const frames = 4 * context + 1;
    const middle = 2 * context;
    const run = (mel: Float32Array) => vocodeWhole(generator, mel);
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
      const generator = loadGenerator(hold.backend, config, tensors);
      const { hop } = generator;
      const frames = 3 * generator.contextFrames;
      const mel = Float32Array.from({ length: frames * config.bands }, (_, i) => Math.sin(i * i) - 1);
      const make = async (from: number, to: number) => {
        const out = new Float32Array((to - from) * hop);
        await generator.vocode({ mel, frames, source: undefined }, { from, to }, out);
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

test.run();
