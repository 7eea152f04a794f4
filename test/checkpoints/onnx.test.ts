// If this fails, Piper's voices do not load, or a hostile ONNX file takes memory or crashes in place of a typed error.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isOnnx, readOnnx } from '../../src/checkpoints/onnx.js';
import { toFloat32 } from '../../src/checkpoints/tensor.js';
import { failsOnlyAsVoirs, throwsVoirs } from './expect-error.js';
import {
  bytes,
  fixed,
  joined,
  modelProto,
  nodeProto,
  number,
  tensorProto,
  text,
  varint,
} from './onnx-file.js';

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
  assert.is(nodes[1]!.numbers.size, 0, 'a tensor is no number');
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

test('tells a model by its first two bytes', () => {
  for (const [first, second, is] of [
    [8, 1, true],
    [8, 0x3f, true],
    [8, 0, false],
    [8, 0x40, false],
    [9, 1, false],
  ] as const)
    assert.is(isOnnx(Uint8Array.of(first, second)), is, `${first} ${second}`);
  assert.not(isOnnx(Uint8Array.of(8)));
});

test('reads numbers that are listed one by one, in the form of each type', () => {
  const listed = (name: string, type: number, ...fields: Uint8Array[]) =>
    joined(number(1, 2), number(2, type), text(8, name), ...fields);
  const two = bytes(5, joined(varint(0x3c00), varint(0x4000)));
  const file = modelProto(
    [],
    [
      listed('i32', 6, number(5, 7), number(5, 9)),
      listed('f16', 10, two),
      listed('bf16', 16, two),
      listed('i64', 7, number(7, 5), number(7, -5)),
      listed('parts', 1, bytes(4, floats(1)), bytes(4, floats(2))),
      listed('whole', 1, bytes(4, floats(1, 2)), number(14, 0)),
      tensorProto({ name: 'f64', shape: [1], type: 11, raw: new Uint8Array(Float64Array.of(1.5).buffer) }),
      joined(number(1, 0), number(2, 11), text(8, 'none')),
      joined(number(1, 1), text(8, 'untyped')),
    ],
  );
  const { tensors, unread } = readOnnx(file);
  const values = [...tensors].map(
    ([
      name,
      {
        dtype,
        bytes: { buffer, byteOffset, byteLength },
      },
    ]) => {
      const own = buffer.slice(byteOffset, byteOffset + byteLength);
      const of = {
        I32: Int32Array,
        F16: Uint16Array,
        BF16: Uint16Array,
        I64: BigInt64Array,
        F64: Float64Array,
      };
      const Numbers = of[dtype as keyof typeof of] ?? Float32Array;
      return [
        name,
        dtype,
        [...new (Numbers as unknown as new (own: ArrayBufferLike) => Iterable<number | bigint>)(own)].map(
          Number,
        ),
      ];
    },
  );
  assert.equal(values, [
    ['i32', 'I32', [7, 9]],
    ['f16', 'F16', [0x3c00, 0x4000]],
    ['bf16', 'BF16', [0x3c00, 0x4000]],
    ['i64', 'I64', [5, -5]],
    ['parts', 'F32', [1, 2]],
    ['whole', 'F32', [1, 2]],
    ['f64', 'F64', [1.5]],
    ['none', 'F64', []],
  ]);
  assert.is(tensors.get('whole')!.bytes.buffer, file.buffer, 'a view, no copy');
  assert.equal([...unread], [['untyped', 0]]);
  const doubles = joined(number(1, 1), number(2, 11), text(8, 'd'), number(7, 1));
  throwsVoirs(() => readOnnx(modelProto([], [doubles])), /doubles is written in integers; got F64/);
});

test('takes only what a node makes for a constant, and keeps its numbers', () => {
  const value = bytes(
    5,
    joined(text(1, 'value'), bytes(5, tensorProto({ name: '', shape: [], raw: floats(5) }))),
  );
  const attribute = (name: string, ...fields: Uint8Array[]) => bytes(5, joined(text(1, name), ...fields));
  const { nodes, tensors } = readOnnx(
    modelProto(
      [
        joined(nodeProto({ name: 'other', operator: 'Identity', inputs: [] }), value),
        nodeProto({ name: 'empty', operator: 'Constant', inputs: [] }),
        joined(text(4, 'Constant'), value),
        joined(
          text(4, 'LeakyRelu'),
          attribute('alpha', fixed(2, floats(0.5))),
          attribute('axis', number(3, -2)),
          attribute('long', ...Array.from({ length: 70 }, (_, n) => number(3, n))),
        ),
      ],
      [],
    ),
  );
  assert.is(tensors.size, 0);
  const { alpha, axis, long } = Object.fromEntries(nodes[3]!.numbers);
  assert.equal([alpha, axis, long!.length], [[0.5], [-2], 64]);
});

test('skips the fields that it does not know', () => {
  const unknown = joined(fixed(90, new Uint8Array(8)), fixed(91, new Uint8Array(4)), number(92, 2 ** 40));
  const graph = bytes(7, bytes(1, text(4, 'Relu')));
  assert.equal(readOnnx(joined(unknown, graph)).nodes[0]!.operator, 'Relu');
});

test('refuses fields of another kind, and more than it has room for', () => {
  const tensor =
    (...fields: Uint8Array[]) =>
    () =>
      readOnnx(modelProto([], [joined(...fields)]));
  const node =
    (...fields: Uint8Array[]) =>
    () =>
      readOnnx(modelProto([joined(...fields)], []));
  throwsVoirs(tensor(bytes(2, floats(1))), /field 2 is of another kind; got bytes; wanted a number/);
  throwsVoirs(tensor(number(8, 1)), /field 8 is of another kind; got a number; wanted bytes/);
  throwsVoirs(tensor(number(14, 1)), /lies in another file/);
  for (const length of [3, 5])
    throwsVoirs(
      node(bytes(5, bytes(2, new Uint8Array(length)))),
      new RegExp(`field 2 is no float; got ${length} bytes; wanted 4 bytes`),
    );
  const dimensions = (count: number) => tensor(bytes(1, new Uint8Array(count).fill(1)), number(2, 2));
  dimensions(64)();
  throwsVoirs(dimensions(65), /field 1 is too long; got over 64 numbers; wanted 64/);
  node(text(3, 'n'.repeat(1000)))();
  throwsVoirs(node(text(3, 'n'.repeat(1001))), /name is too long; got 1001 bytes; wanted at most 1000/);
  const nodes = (count: number) => () =>
    readOnnx(
      bytes(
        7,
        new Uint8Array(2 * count).map((_, i) => (i % 2 ? 0 : 10)),
      ),
    );
  assert.is(nodes(200_000)().nodes.length, 200_000);
  throwsVoirs(nodes(200_001), /too many nodes; got over 200000; wanted 200000/);
});

test('refuses what is no protobuf', () => {
  throwsVoirs(() => readOnnx(new Uint8Array(0)), /holds no graph/);
  throwsVoirs(() => readOnnx(Uint8Array.of(0x3a, 2, 8)), /damaged; got a length of 2 at byte 2 of 3/);
  throwsVoirs(() => readOnnx(Uint8Array.of(...Array(10).fill(0xff), 1)), /more than ten bytes/);
  for (const field of [0, 2 ** 29])
    throwsVoirs(() => readOnnx(joined(varint(field * 8), varint(1))), new RegExp(`got field ${field} at`));
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
