// If this fails, a convolution of a voice gets a slower method than the kernels have for it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ShapeClass, shapeKey } from '../../../bench/lib/kernel-shapes.js';
import { modelShapes } from '../../../bench/lib/model-shapes.js';
import { acquireBackend, type BackendHold } from '../../../src/backends/registry.js';
import {
  methodFor,
  methodsFor,
  type PaddedConv1dSpec,
} from '../../../src/backends/wasm/convolution-methods.js';
import type { KernelModule } from '../../../src/backends/wasm/kernel-module.js';
import type { WasmOps } from '../../../src/backends/wasm/ops.js';

const test = suite('methods by shape');
let hold: BackendHold;
let kernels: KernelModule;
let shapes: ShapeClass[];
test.before(async () => {
  hold = await acquireBackend('wasm', { numThreads: 1 });
  kernels = (hold.backend.ops as WasmOps).kernels!;
  shapes = await modelShapes();
});
test.after(() => hold.release());

const specOf = (shape: Omit<ShapeClass, 'dilations' | 'rows'>, dilation = 1): PaddedConv1dSpec => ({
  ...shape,
  weight: new Float32Array(0),
  dilation,
  padding: [0, 0],
  leakyIn: 0.1,
  activation: 'linear',
});

test('finds the shapes of our voice and of HiFi-GAN V1 to V3', () => {
  const keys = shapes.map(shapeKey);
  for (const key of ['256x256x11', '128x128x5', '64x64x7', '8x8x3', '80x512x7', '80x128x7', '192x768x5']) {
    assert.ok(keys.includes(key), key);
  }
  assert.ok(shapes.find((shape) => shapeKey(shape) === '32x32x7')!.dilations.includes(12), 'V3 reaches 12');
});

test('takes the first method, or the one with the smallest weights', () => {
  for (const shape of shapes) {
    for (const dilation of shape.dilations) {
      const spec = specOf(shape, dilation);
      assert.is(methodFor(kernels, spec), methodsFor(kernels, spec)[0]);
      assert.is(methodFor(kernels, spec, 'compact'), 'direct');
    }
  }
});

test('takes the method with the fewest products for a new shape', () => {
  const unknown = { inChannels: 160, outChannels: 96, kernel: 3 };
  assert.is(methodFor(kernels, specOf(unknown)), 'toom-cook');
  assert.is(methodFor(kernels, specOf({ ...unknown, kernel: 9 })), 'direct');
});

test.run();
