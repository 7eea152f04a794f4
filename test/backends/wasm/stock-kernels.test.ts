// If this fails, a part of the default voice runs on TensorFlow.js's own convolutions or in additional passes
// over memory, and synthesis is slower than documented.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { vocodeWhole } from '../../../bench/lib/engine.js';
import { acquireBackend } from '../../../src/backends/registry.js';
import { CONVOLUTION_KERNEL } from '../../../src/backends/wasm/convolution.js';
import { VoirsPipeline } from '../../../src/pipeline.js';
import { acquireModels } from '../../../src/synthesis/shared-models.js';
import type { HifiganConfig } from '../../../src/vocoder/hifigan-config.js';
import { defaultVoiceFolder } from '../../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../../src/voices/files.js';
import { random } from '../../random.js';

const test = suite('stock kernels in speech on wasm');

/** Number of runs of each kernel of the engine during the work. */
async function kernelCalls(work: () => unknown): Promise<Map<string, number>> {
  const calls = new Map<string, number>();
  const { kernels } = await tf.engine().profile(async () => {
    await work();
    return [];
  });
  for (const { name } of kernels) calls.set(name, (calls.get(name) ?? 0) + 1);
  return calls;
}

test('calls no stock convolution or matrix product in a synthesis', async () => {
  const pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
  const calls = await kernelCalls(async () =>
    (await pipeline.synthesize('Seven words, none of them by rote.')).dispose(),
  );
  assert.ok(
    calls.get(CONVOLUTION_KERNEL)! >= 100,
    `only ${calls.get(CONVOLUTION_KERNEL)} convolutions of our own`,
  );
  const stock = [...calls.keys()].filter((name) => /conv|matmul/i.test(name) && name !== CONVOLUTION_KERNEL);
  assert.equal(stock, []);
  await pipeline.dispose();
});

test('runs the vocoder as convolutions and nothing else', async () => {
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  const files = await loadVoiceFiles(defaultVoiceFolder());
  const models = await acquireModels(backend, files, 'medium');
  const { vocoder } = models;
  const calls = await kernelCalls(() =>
    vocodeWhole(vocoder, random(9 * vocoder.bands, 1), random(9 * vocoder.hop * 2, 2)),
  );
  const config = files.manifest.vocoders.get(files.manifest.quality.medium)!.model.config as HifiganConfig;
  const { upsampleRates: rates, resblockKernelSizes: blocks } = config;
  // conv_pre, conv_post, and for each stage its upsampling, its source and six convolutions a block.
  assert.equal(calls.get(CONVOLUTION_KERNEL), 2 + rates.length * (2 + 6 * blocks.length));
  assert.equal([...calls.keys()].sort(), ['Reshape', CONVOLUTION_KERNEL]);
  await models.release();
  await release();
});

test.run();
