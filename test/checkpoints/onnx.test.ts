// If this fails, Piper's voices do not load, or a hostile ONNX file takes memory or crashes in place of a typed error.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isOnnx, readOnnx } from '../../src/checkpoints/onnx.js';
import { toFloat32 } from '../../src/checkpoints/tensor.js';
import { failsOnlyAsVoirs, throwsVoirs } from './expect-error.js';
import { bytes, joined, modelProto, nodeProto, number, tensorProto, text } from './onnx-file.js';

const test = suite('the reader of ONNX files');
const floats = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);
const model = modelProto(
  [
    nodeProto({
      name: '/a/Conv',
      operator: 'Conv',
      inputs: ['x', 'w'],
      attributes: { strides: [4], pads: [1, 1] },
    }),
    joined(
      nodeProto({ name: 'c', operator: 'Constant', inputs: [] }),
      bytes(5, joined(text(1, 'value'), bytes(5, tensorProto({ name: '', shape: [], raw: floats(5) })))),
    ),
  ],
  [
    tensorProto({ name: 'w', shape: [2, 1], raw: floats(1, -2) }),
    tensorProto({ name: 'bytes', shape: [3], type: 3, raw: new Uint8Array(3) }),
    joined(number(1, 2), number(2, 1), text(8, 'listed'), bytes(4, floats(3, 4))),
    joined(
      number(1, 2),
      number(2, 7),
      text(8, 'integers'),
      bytes(
        7,
        joined(Uint8Array.of(5), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)),
      ),
    ),
  ],
);

test('reads nodes, constants and every form of tensor', () => {
  assert.ok(isOnnx(model));
  const { nodes, tensors, unread } = readOnnx(model);
  assert.is(nodes[0]!.name, '/a/Conv');
  assert.equal(nodes[0]!.inputs, ['x', 'w']);
  assert.equal(
    [...nodes[0]!.numbers],
    [
      ['strides', [4]],
      ['pads', [1, 1]],
    ],
  );
  assert.equal([...toFloat32(tensors.get('w')!)], [1, -2]);
  assert.equal([...toFloat32(tensors.get('listed')!)], [3, 4]);
  assert.equal([...toFloat32(tensors.get('c_output_0')!)], [5]);
  const { bytes: whole } = tensors.get('integers')!;
  assert.equal([...new BigInt64Array(whole.buffer, whole.byteOffset, 2)], [5n, -1n]);
  assert.equal([...unread], [['bytes', 3]]);
  assert.is(tensors.get('w')!.bytes.buffer, model.buffer, 'a view, no copy');
});

test('refuses tensors that do not fill their shape, or lie elsewhere', () => {
  const of =
    (...tensors: Uint8Array[]) =>
    () =>
      readOnnx(modelProto([], tensors), { source: 'v.onnx' });
  throwsVoirs(
    of(tensorProto({ name: 'w', shape: [3], raw: floats(1) })),
    /v\.onnx: tensor "w" does not fill/,
  );
  throwsVoirs(of(tensorProto({ name: 'w', shape: [2 ** 40, 2 ** 40], raw: floats(1) })), /impossible shape/);
  throwsVoirs(of(joined(text(8, 'w'), bytes(13, text(1, 'location')))), /"w" lies in another file/);
  const one = tensorProto({ name: 'w', shape: [1], raw: floats(1) });
  throwsVoirs(of(one, one), /names a tensor twice; got "w"/);
  throwsVoirs(of(joined(text(8, 'n'.repeat(2000)))), /a name is too long; got 2000 bytes/);
});

test('refuses what is no protobuf', () => {
  throwsVoirs(() => readOnnx(new Uint8Array(0)), /holds no graph/);
  throwsVoirs(() => readOnnx(Uint8Array.of(0x3a, 0x7f)), /damaged; got a length of 127 at byte 2 of 2/);
  throwsVoirs(() => readOnnx(new Uint8Array(12).fill(0xff)), /more than ten bytes/);
  throwsVoirs(() => readOnnx(Uint8Array.of(0x0b)), /a field of kind 3/);
});

test('reads a damaged or random file, or refuses it with a typed error', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(model.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (changes) => {
        const damaged = model.slice();
        for (const [at, value] of changes) damaged[at] = value;
        return failsOnlyAsVoirs(() => readOnnx(damaged));
      },
    ),
    { numRuns: 1500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (random) =>
      failsOnlyAsVoirs(() => readOnnx(joined(number(1, 8), bytes(7, random)))),
    ),
    { numRuns: 1500 },
  );
  for (let length = 0; length < model.length; length++)
    assert.ok(failsOnlyAsVoirs(() => readOnnx(model.subarray(0, length))));
});

test.run();
