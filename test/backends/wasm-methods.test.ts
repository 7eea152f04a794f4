// If this fails, some convolution of a voice gets a method that nobody measured for it, or one that is not there, and
// speech is slower than it could be.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ShapeClass } from '../../bench/kernel-shapes.js';
import { modelShapes } from '../../bench/model-shapes.js';
import { acquireBackend, type BackendHold } from '../../src/backends/registry.js';
import type { ConvolutionKernels } from '../../src/backends/wasm/kernels/load.js';
import {
  type ConvolutionSpec,
  methodFor,
  methodsFor,
  shapeKey,
} from '../../src/backends/wasm/kernels/methods.js';
import table from '../../src/backends/wasm/kernels/methods.json' with { type: 'json' };
import type { WasmOps } from '../../src/backends/wasm/ops.js';

const test = suite('methods by shape');
let hold: BackendHold;
let kernels: ConvolutionKernels;
let shapes: ShapeClass[];
test.before(async () => {
  hold = await acquireBackend('wasm', { numThreads: 1 });
  kernels = (hold.backend.ops as WasmOps).kernels!;
  shapes = await modelShapes();
});
test.after(() => hold.release());

const specOf = (shape: Omit<ShapeClass, 'dilations' | 'rows'>, dilation = 1): ConvolutionSpec => ({
  ...shape,
  weight: new Float32Array(0),
  dilation,
  padding: [0, 0],
  leakyIn: 0.1,
  activation: 'linear',
});

test('our voice and all sizes of HiFi-GAN have the shapes that they are known to have', () => {
  const keys = shapes.map(shapeKey);
  for (const key of ['256x256x11', '128x128x5', '64x64x7', '8x8x3', '80x512x7', '80x128x7', '192x768x5']) {
    assert.ok(keys.includes(key), key);
  }
  assert.ok(shapes.find((shape) => shapeKey(shape) === '32x32x7')!.dilations.includes(12), 'V3 reaches 12');
});

for (const build of ['plain', 'relaxed'] as const) {
  test(`${build}: every shape of every model was measured, and nothing else is in the table`, () => {
    const wanted = shapes.map(shapeKey).sort();
    const message = 'run npm run bench -- kernels --choose, on Node 20 (plain) and 22 (relaxed)';
    assert.equal(Object.keys(table[build]).sort(), wanted, message);
  });

  test(`${build}: every method in the table is one that the kernels have for the shape`, () => {
    const rows: Readonly<Record<string, string>> = table[build];
    for (const shape of shapes) {
      const methods: string[] = methodsFor(kernels, specOf(shape));
      assert.ok(methods.includes(rows[shapeKey(shape)]!), `${shapeKey(shape)}: ${rows[shapeKey(shape)]}`);
    }
  });
}

test('a layer gets what the table says, or the smallest weights when asked to be compact', () => {
  const rows: Readonly<Record<string, string>> = table[kernels.arithmetic];
  for (const shape of shapes) {
    for (const dilation of shape.dilations) {
      assert.is(methodFor(kernels, specOf(shape, dilation)), rows[shapeKey(shape)]);
      assert.is(methodFor(kernels, specOf(shape, dilation), 'compact'), 'direct');
    }
  }
});

test('a shape that was not measured gets the method with the fewest products', () => {
  const unknown = { inChannels: 160, outChannels: 96, kernel: 3 };
  assert.not(shapeKey(unknown) in table.plain);
  assert.is(methodFor(kernels, specOf(unknown)), 'toom-cook');
  assert.is(methodFor(kernels, specOf({ ...unknown, kernel: 9 })), 'direct');
});

test.run();
