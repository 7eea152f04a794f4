// If this fails, libtensorflow's fused convolutions differ from the plain ones, or its tensors leak.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { maxAbs } from '../../../bench/lib/goldens.js';
import type { Backend } from '../../../src/backends/backend.js';
import { engineCounts } from '../../../src/backends/engine.js';
import type { Conv1dSpec, Ops } from '../../../src/backends/ops.js';
import { CompositeOps } from '../../../src/backends/reference.js';
import { acquireBackend } from '../../../src/backends/registry.js';
import { loadTensorflow } from '../../../src/backends/tensorflow/binding.js';
import { TensorflowOps } from '../../../src/backends/tensorflow/ops.js';
import { VoirsPipeline } from '../../../src/index.js';
import { tensorflowHere } from './here.js';

const test = suite('tensorflow backend');

/** Deterministic values in [-1, 1). */
function values(count: number, seed: number): Float32Array {
  let state = seed * 2654435761 + 1;
  return Float32Array.from({ length: count }, () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const anyForm = fc.record({
  cin: fc.integer({ min: 1, max: 9 }),
  cout: fc.integer({ min: 1, max: 9 }),
  half: fc.integer({ min: 0, max: 3 }),
  dilation: fc.integer({ min: 1, max: 4 }),
  stride: fc.integer({ min: 1, max: 3 }),
  length: fc.integer({ min: 1, max: 40 }),
  leakyIn: fc.constantFrom(undefined, 0.1),
  activation: fc.constantFrom('linear' as const, 'relu' as const, { leaky: 0.1 }),
  withResidual: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1000 }),
});
// TensorFlow.js takes only one of stride and dilation.
const forms = anyForm.filter(({ stride, dilation }) => stride === 1 || dilation === 1);
type Form = typeof anyForm extends fc.Arbitrary<infer T> ? T : never;

/** One convolution by one set of operations: its result, and its inputs as they are afterwards. */
function convolve(backend: Backend, ops: Ops, form: Form): Float32Array[] {
  const { cin, cout, half, dilation, stride, length, leakyIn, activation, withResidual, seed } = form;
  const kernel = 2 * half + 1;
  const spec: Conv1dSpec = {
    weight: values(cout * cin * kernel, seed),
    bias: values(cout, seed + 1),
    inChannels: cin,
    outChannels: cout,
    kernel,
    dilation,
    stride,
    padding: half * dilation,
    activation,
    ...(leakyIn === undefined ? {} : { leakyIn }),
  };
  const out: Float32Array[] = [];
  backend.run(() => {
    const layer = ops.prepareConv1d(spec);
    const x = tf.tensor3d(values(length * cin, seed + 2), [1, length, cin]);
    const outLength = Math.floor((length - 1) / stride) + 1;
    const residual = tf.tensor3d(values(outLength * cout, seed + 3), [1, outLength, cout]);
    const y = ops.conv1d(x, layer, withResidual ? residual : undefined);
    assert.equal(y.shape, [1, outLength, cout]);
    for (const tensor of [y, x, residual]) out.push(tensor.dataSync() as Float32Array);
    layer.dispose();
  });
  return out;
}

if (await tensorflowHere()) {
  const { binding } = loadTensorflow(1);

  test('computes fused convolutions as the reference does', async () => {
    const { backend, release } = await acquireBackend('tensorflow', { numThreads: 1 });
    const features = backend.versions.features!;
    if (features.includes('GPU')) console.log('SKIP: on a GPU there is no fused convolution to compare');
    else assert.match(features, 'fused convolutions');
    assert.ok(backend.ops instanceof TensorflowOps);
    const reference = new CompositeOps('leakyrelu');
    fc.assert(
      fc.property(forms, (form) => {
        const fused = convolve(backend, backend.ops, form);
        const plain = convolve(backend, reference, form);
        for (const [i, tensor] of fused.entries())
          assert.ok(maxAbs(tensor, plain[i]!) <= (i === 0 ? 2e-5 : 0), `tensor ${i}`);
      }),
      { numRuns: 100, seed: 6 },
    );
    reference.dispose();
    await release();
    assert.is(binding.getNumOfTensors(), 0, 'handles in libtensorflow');
  });

  test('leaves no tensor behind, in the engine or in libtensorflow', async () => {
    const pipeline = await VoirsPipeline.create({ backend: 'tensorflow', numThreads: 1 });
    const speak = async () => (await pipeline.synthesize('Short words, then some longer ones.')).dispose();
    await speak();
    const { backend, release } = await acquireBackend('tensorflow', { numThreads: 1 });
    const counts = () => ({ ...engineCounts(), handles: binding.getNumOfTensors(), ...backend.memory() });
    const before = counts();
    assert.ok(before.tensorBytes! > 1e6, 'the weights are there');
    for (let i = 0; i < 3; i++) await speak();
    assert.equal(counts(), before);
    await pipeline.dispose();
    assert.is(binding.getNumOfTensors(), 1, 'only the backend keeps one: the axis of its reshapes');
    await release();
    assert.is(binding.getNumOfTensors(), 0);
    assert.is(backend.memory().tensorBytes, 0);
  });

  test('gives a second pipeline the number of threads of the first', async () => {
    const first = await VoirsPipeline.create({ backend: 'tensorflow', numThreads: 1 });
    const second = await VoirsPipeline.create({ backend: 'tensorflow', numThreads: 4 });
    assert.is(first.backend.threads, 1);
    assert.is(second.backend.threads, 1);
    await first.dispose();
    await second.dispose();
  });

  test("leaves the name `tensorflow` to a program's own tfjs-node", async () => {
    await using pipeline = await VoirsPipeline.create({ backend: 'tensorflow', numThreads: 1 });
    using audio = await pipeline.synthesize('Yes.');
    assert.ok(audio.duration > 0.2);
    assert.not.ok('tensorflow' in tf.engine().registryFactory);
    assert.is(tf.getKernelsForBackend('tensorflow').length, 0);
  });
}

test.run();
