// If this fails, a model calls a function of TensorFlow.js whose kernel the build leaves out, and speech ends with "Kernel
// not registered" on some backend.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import '#tf-cpu';
import '#tf-wasm';
import '#tf-webgpu';

const test = suite('kernels of the vendored TensorFlow.js');

/** The kernels that each function runs. */
const KERNELS: Readonly<Record<string, readonly string[]>> = {
  add: ['Add'],
  concat: ['Concat'],
  cos: ['Cos'],
  depthwiseConv2d: ['DepthwiseConv2dNative'],
  erf: ['Erf'],
  exp: ['Exp'],
  fused: ['FusedConv2D', '_FusedMatMul', 'Conv2D'],
  gather: ['GatherV2'],
  leakyRelu: ['LeakyRelu'],
  log: ['Log'],
  matMul: ['BatchMatMul'],
  maximum: ['Maximum'],
  mean: ['Mean'],
  minimum: ['Minimum'],
  mul: ['Multiply'],
  pad: ['PadV2'],
  prelu: ['Prelu'],
  relu: ['Relu'],
  reshape: ['Reshape'],
  rsqrt: ['Rsqrt'],
  sigmoid: ['Sigmoid'],
  sin: ['Sin'],
  slice: ['Slice'],
  softmax: ['Softmax'],
  sqrt: ['Sqrt'],
  square: ['Square'],
  sub: ['Sub'],
  tanh: ['Tanh'],
  transpose: ['Transpose'],
};

/** What runs no kernel. */
const OTHERS = [
  ...['engine', 'getKernelsForBackend', 'KernelBackend', 'keep', 'memory', 'profile', 'registerBackend'],
  ...['registerKernel', 'removeBackend', 'tensor1d', 'tensor3d', 'tensor4d', 'tidy', 'unregisterKernel'],
  'version_core',
];

test('registers every kernel of every function, on every backend', () => {
  const source = readFileSync(new URL('../../scripts/vendor/tf.ts', import.meta.url), 'utf8');
  const values = /^export \{([^}]*)\}/m.exec(source)![1]!.match(/\w+/g)!;
  assert.equal(
    values.filter((name) => !OTHERS.includes(name) && !KERNELS[name]),
    [],
    'say in this test which kernels they run, and add those to KERNELS of scripts/build.mjs',
  );
  for (const backend of ['cpu', 'wasm', 'webgpu']) {
    const registered = tf.getKernelsForBackend(backend).map(({ kernelName }) => kernelName);
    const missing = values
      .flatMap((name) => KERNELS[name] ?? [])
      .filter((name) => !registered.includes(name));
    assert.equal(missing, [], backend);
  }
});

test.run();
