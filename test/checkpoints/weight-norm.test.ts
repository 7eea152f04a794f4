// If this fails, imported vocoders play too loud, too quiet or as noise: all weights are scaled wrongly.

import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readPyTorch } from '../../src/checkpoints/pytorch.js';
import { type Float32Tensor, toFloat32 } from '../../src/checkpoints/tensor.js';
import { foldedName, foldWeightNorm } from '../../src/checkpoints/weight-norm.js';
import { throwsVoirs } from './expect-error.js';

const test = suite('weight-norm');

function tensor(shape: number[], ...values: number[]): Float32Tensor {
  return { shape, data: Float32Array.from(values) };
}

const g = tensor([2, 1, 1], 10, -2);
const v = tensor([2, 1, 2], 3, 4, 0, 5);

test('folds g v / ||v|| over all dimensions but the first', () => {
  const folded = foldWeightNorm(
    new Map([
      ['c.weight_g', g],
      ['c.weight_v', v],
      ['c.bias', tensor([2], 1, 2)],
    ]),
  );
  assert.equal([...folded.keys()], ['c.weight', 'c.bias']);
  assert.equal(folded.get('c.weight')!.shape, [2, 1, 2]);
  assert.equal([...folded.get('c.weight')!.data], [6, 8, 0, -2]);
});

test('folds the newer parametrisation to the same', () => {
  const folded = foldWeightNorm(
    new Map([
      ['c.parametrizations.weight.original1', v],
      ['c.parametrizations.weight.original0', g],
    ]),
  );
  assert.equal([...folded.get('c.weight')!.data], [6, 8, 0, -2]);
  assert.is(folded.size, 1);
});

// Folded in float64 by Python from the same files.
const FOLDED = [
  { name: 'v1', first: 0.035087221058436355, last: 0.1283042944358789, magnitude: 276.38663055450303 },
  { name: 'v3', first: -0.215752627632668, last: -0.08722711657279987, magnitude: 271.28281008964785 },
  { name: 'odd', first: 0.3017708584058511, last: 0.07405024116979797, magnitude: 194.9718195460329 },
];

for (const { name, first, last, magnitude } of FOLDED) {
  test(`folds a transposed convolution as Python does: ${name}`, () => {
    const file = readFileSync(new URL(`../fixtures/hifigan-${name}-tiny.pth`, import.meta.url));
    const tensors = [...readPyTorch(file).tensors].map(
      ([key, value]) => [key, { shape: value.shape, data: toFloat32(value) }] as const,
    );
    const { data } = foldWeightNorm(new Map(tensors)).get('ups.1.weight')!;
    assert.is(data[0], Math.fround(first));
    assert.is(data.at(-1), Math.fround(last));
    const sum = data.reduce((total, value) => total + Math.abs(value), 0);
    assert.ok(Math.abs(sum - magnitude) < 1e-5, `${sum}`);
  });
}

test('accumulates long rows in double precision', () => {
  const width = 200_000;
  const data = new Float32Array(width).fill(1e-4);
  data[0] = 100; // in float32, 1e-8 added to 10,000 is lost each time
  const { data: folded } = foldWeightNorm(
    new Map([
      ['c.weight_g', tensor([1, 1], 1)],
      ['c.weight_v', { shape: [1, width], data }],
    ]),
  ).get('c.weight')!;
  const small = Math.fround(1e-4);
  assert.is(folded[1], Math.fround(small * (1 / Math.sqrt(1e4 + (width - 1) * small * small))));
});

test('passes tensors without weight-norm through', () => {
  const plain = new Map([['a.weight', v]]);
  assert.is(foldWeightNorm(plain).get('a.weight'), v);
  assert.is(foldedName('a.weight'), 'a.weight');
  assert.is(foldedName('a.weight_v'), 'a.weight');
  assert.is(foldedName('a.parametrizations.weight.original0'), 'a.weight');
});

test('refuses halves, doubles and impossible norms by name', () => {
  throwsVoirs(
    () => foldWeightNorm(new Map([['c.weight_g', g]])),
    /c\.weight is missing; got c\.weight_g; wanted also c\.weight_v/,
  );
  throwsVoirs(() => foldWeightNorm(new Map([['c.weight_v', v]])), /wanted also c\.weight_g/);
  for (const names of [
    ['c.weight', 'c.weight_g', 'c.weight_v'],
    ['c.weight_g', 'c.weight_v', 'c.weight'],
  ]) {
    const both = new Map(names.map((name) => [name, name === 'c.weight_g' ? g : v]));
    throwsVoirs(() => foldWeightNorm(both), /c\.weight is given twice/);
  }
  const zero = tensor([2, 1, 2], 3, 4, 0, 0);
  throwsVoirs(
    () =>
      foldWeightNorm(
        new Map([
          ['c.weight_g', g],
          ['c.weight_v', zero],
        ]),
      ),
    /row 1/,
  );
  const wrongAxis = tensor([1, 1, 2], 1, 1);
  throwsVoirs(
    () =>
      foldWeightNorm(
        new Map([
          ['c.weight_g', wrongAxis],
          ['c.weight_v', v],
        ]),
      ),
    /first dimension/,
  );
});

test('folds where the direction stands, whatever the order and the form of the lengths', () => {
  const x = tensor([1], 5);
  const order = (...names: string[]) => [
    ...foldWeightNorm(
      new Map(names.map((name) => [name, name === 'x' ? x : name === 'c.weight_g' ? g : v])),
    ).keys(),
  ];
  assert.equal(order('c.weight_g', 'x', 'c.weight_v'), ['x', 'c.weight']);
  assert.equal(order('c.weight_v', 'x', 'c.weight_g'), ['c.weight', 'x']);
  const scalar = (length: Float32Tensor, direction: Float32Tensor) =>
    foldWeightNorm(
      new Map([
        ['c.weight_g', length],
        ['c.weight_v', direction],
      ]),
    ).get('c.weight')!.data;
  assert.equal([...scalar(tensor([], 10), tensor([1, 2], 3, 4))], [6, 8]);
  throwsVoirs(() => scalar(tensor([], 1), tensor([], 1)), /first dimension/);
  throwsVoirs(() => scalar(tensor([2, 2], 1, 1, 1, 1), tensor([2, 1], 1, 1)), /first dimension/);
});

test.run();
