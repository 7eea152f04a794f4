// If this fails, streamed chunks have seams, or carry context they do not need.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireBackend } from '../../src/backends/registry.js';
import { Generator } from '../../src/vocoder/generator.js';
import { contextFrames } from '../../src/vocoder/receptive-field.js';
import { chunkPlan } from '../../src/vocoder/vocode.js';
import { readVocoderCheckpoint } from '../../src/voices/files.js';
import { fixture } from '../goldens.js';

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
