// If this fails, published HiFi-GAN checkpoints do not load, load scrambled, or run code on the machine.

import { existsSync, readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPyTorch, readPyTorch } from '../../src/checkpoints/pytorch.js';
import { toFloat32, toInt32 } from '../../src/checkpoints/tensor.js';
import { throwsVoirs } from './expect-error.js';
import * as torch from './torch-save.js';

const test = suite('pytorch');
const fixtures = new URL('../fixtures/', import.meta.url);

function read(value: Parameters<typeof torch.checkpoint>[0], storages: Record<string, Uint8Array> = {}) {
  return readPyTorch(torch.checkpoint(value, storages));
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}

// Read with Python's own pickle module and summed there.
const FIXTURES = [
  { name: 'v1', count: 234, shape: [16, 8, 16], first: 0.011695739813148975, sum: -1.1362523959605824 },
  { name: 'v2', count: 234, shape: [8, 4, 16], first: -0.05597439408302307, sum: 0.42363402247428894 },
  { name: 'v3', count: 69, shape: [16, 8, 16], first: -0.07191754877567291, sum: -2.6582647769901087 },
  { name: 'odd', count: 123, shape: [16, 8, 8], first: 0.1005902886390686, sum: 2.130731984972954 },
];

for (const expected of FIXTURES) {
  test(`reads a checkpoint of torch.save as Python does: ${expected.name}`, () => {
    const { tensors, root, ignored } = readPyTorch(
      readFileSync(new URL(`hifigan-${expected.name}-tiny.pth`, fixtures)),
    );
    assert.is(root, 'generator');
    assert.equal(ignored, []);
    assert.is(tensors.size, expected.count);
    const weight = tensors.get('ups.1.weight_v')!;
    const values = toFloat32(weight);
    assert.equal(weight.shape, expected.shape);
    assert.is(values[0], expected.first);
    assert.ok(Math.abs(sum(values) - expected.sum) < 1e-9);
  });
}

test('reads the 925,985 parameters of LJ Speech V2 in the stream layout', () => {
  const path = new URL('../../../shared/checkpoints/hifigan-lj-v2/generator_v2', import.meta.url);
  if (!existsSync(path)) {
    console.log('SKIP LJ Speech checkpoint: ../shared is not here');
    return;
  }
  const bytes = readFileSync(path);
  const { tensors, root } = readPyTorch(bytes);
  assert.is(root, 'generator');
  assert.is(tensors.size, 234);
  const folded = [...tensors].filter(([name]) => !name.endsWith('.weight_g'));
  assert.is(
    folded.reduce((count, [, { bytes: data }]) => count + data.length / 4, 0),
    925_985,
  );
  assert.is(toFloat32(tensors.get('resblocks.0.convs1.0.weight_v')!).every(Number.isFinite), true);
  throwsVoirs(() => readPyTorch(bytes.subarray(0, bytes.length - 4)), /ends too early/);
});

test('reads a stream made by hand, and refuses seven faults in it', () => {
  const window = { key: 'k', count: 3, shape: [2], strides: [1] };
  const value = torch.dict({ w: torch.tensor({ ...window, offset: 1 }) });
  const k = { count: 3, bytes: torch.floats(1, 2, 3) };
  assert.equal([...toFloat32(readPyTorch(torch.stream(value, { k })).tensors.get('w')!)], [2, 3]);
  const refused = (bytes: Uint8Array, pattern: RegExp): void =>
    throwsVoirs(() => readPyTorch(bytes), pattern);
  refused(torch.stream(value, { k: { ...k, count: 2 } }), /storage "k" has two sizes; got 2; wanted 3/);
  const short = torch.stream(value, { k: { count: 3, bytes: torch.floats(1, 2) } });
  const least = `got ${short.length} bytes; wanted at least ${short.length + 4}\\.`;
  refused(short, new RegExp(`ends too early; ${least}`));
  const pair = torch.dict({
    a: torch.tensor({ ...window, key: 'a' }),
    b: torch.tensor({ ...window, key: 'b' }),
  });
  const both = torch.stream(pair, { a: k, b: { count: 3, bytes: torch.floats(4, 5, 6) } });
  assert.equal([...toFloat32(readPyTorch(both).tensors.get('b')!)], [4, 5]);
  refused(torch.stream(value, { k }, { keys: torch.int(5) }), /storages are not listed; got 5/);
  refused(torch.stream(value, { other: k }), /belongs to no tensor; got "other"/);
  refused(torch.stream(value, {}), /storage k is not whole; got no bytes; wanted 12/);
  refused(torch.stream(value, { k }, { version: 1002 }), /not a torch\.save stream; got version 1002/);
  refused(torch.stream(value, { k }, { littleEndian: false }), /byte order is foreign/);
  refused(torch.stream(torch.global('posix', 'system'), { k }), /got posix system/);
});

test('follows strides and offsets of windows on one storage', () => {
  const window = { key: '0', count: 8 };
  const { tensors, root } = read(
    torch.dict({
      transposed: torch.tensor({ ...window, offset: 1, shape: [3, 2], strides: [1, 3] }),
      slice: torch.tensor({ ...window, offset: 5, shape: [3], strides: [1] }),
      column: torch.tensor({ ...window, shape: [2, 1, 2], strides: [4, 9, 2] }),
      scalar: torch.tensor({ ...window, offset: 7, shape: [], strides: [] }),
      empty: torch.tensor({ ...window, offset: 8, shape: [0, 3], strides: [3, 1] }),
    }),
    { 0: torch.floats(0, 1, 2, 3, 4, 5, 6, 7) },
  );
  assert.is(root, '');
  const values = (name: string): number[] => [...toFloat32(tensors.get(name)!)];
  assert.equal(values('transposed'), [1, 4, 2, 5, 3, 6]);
  assert.equal(values('slice'), [5, 6, 7]);
  assert.equal(values('column'), [0, 2, 4, 6]);
  assert.equal(values('scalar'), [7]);
  assert.equal(values('empty'), []);
  assert.equal(tensors.get('transposed')!.shape, [3, 2]);
});

test('reads each storage class as its dtype', () => {
  const halves = new Uint8Array(Uint16Array.of(0x3c00, 0xc000).buffer);
  const brains = new Uint8Array(Uint16Array.of(0x3f80, 0xc000).buffer);
  const one = { count: 2, shape: [2], strides: [1] };
  const { tensors } = read(
    torch.dict({
      half: torch.tensor({ ...one, kind: 'HalfStorage', key: 'h' }),
      brain: torch.tensor({ ...one, kind: 'BFloat16Storage', key: 'b' }),
      double: torch.tensor({ ...one, kind: 'DoubleStorage', key: 'd' }),
      long: torch.tensor({ ...one, kind: 'LongStorage', key: 'l' }),
      int: torch.tensor({ ...one, kind: 'IntStorage', key: 'i' }),
    }),
    {
      h: halves,
      b: brains,
      d: new Uint8Array(Float64Array.of(1, -2).buffer),
      l: new Uint8Array(BigInt64Array.of(1n, -2n).buffer),
      i: new Uint8Array(Int32Array.of(1, -2).buffer),
    },
  );
  for (const name of ['half', 'brain', 'double'])
    assert.equal([...toFloat32(tensors.get(name)!)], [1, -2], name);
  for (const name of ['long', 'int']) assert.equal([...toInt32(tensors.get(name)!)], [1, -2], name);
});

test('reads nested parameters in a deflated archive as a state dict', () => {
  const weight = torch.tensor({ key: '0', count: 2, shape: [2], strides: [1] });
  const parameter = [
    torch.global('torch._utils', '_rebuild_parameter'),
    torch.MARK,
    weight,
    0x88,
    'N',
    torch.TUPLE,
    'R',
  ];
  const value = torch.dict({
    epoch: torch.int(3),
    net: torch.dict({ conv: torch.dict({ weight: parameter }) }),
  });
  const bytes = torch.checkpoint(value, { 0: torch.floats(1, 2) }, { level: 6 });
  const { tensors, root, ignored } = readPyTorch(bytes);
  assert.equal([...tensors.keys()], ['conv.weight']);
  assert.is(root, 'net');
  assert.equal(ignored, ['epoch']);
  assert.equal([...toFloat32(tensors.get('conv.weight')!)], [1, 2]);
});

test('keeps the prefixes of a file of discriminators', () => {
  const weight = torch.tensor({ key: '0', count: 1, shape: [1], strides: [1] });
  const value = torch.dict({
    mpd: torch.dict({ w: weight }),
    msd: torch.dict({ w: weight }),
    steps: torch.int(1),
  });
  const { tensors, ignored } = read(value, { 0: torch.floats(1) });
  assert.equal([...tensors.keys()], ['mpd.w', 'msd.w']);
  assert.equal(ignored, ['steps']);
});

test('refuses a pickle that calls a command, by its name, in any spelling', () => {
  const command = [torch.MARK, torch.text('true'), torch.TUPLE, torch.REDUCE];
  throwsVoirs(() => read([torch.global('posix', 'system'), command]), /got posix system/);
  throwsVoirs(() => read([torch.text('os'), torch.text('system'), 0x93, command]), /got os system/);
  throwsVoirs(() => read(torch.global('builtins', 'eval')), /got builtins eval/);
  throwsVoirs(() => read(torch.global('torch._utils', '_rebuild_tensor_v2 ')), /_rebuild_tensor_v2 /);
  throwsVoirs(() => read(torch.global('torch', 'ByteStorage')), /got torch ByteStorage/);
  throwsVoirs(() => read(torch.global('__builtin__', 'ev\u001b[2Jal')), /ev\\u001b\[2Jal/);
  throwsVoirs(() => read(['i', 'posix\nsystem\n']), /opcode 0x69 'i'/); // INST
  throwsVoirs(() => read([torch.MARK, 'o']), /opcode 0x6f 'o'/); // OBJ
  throwsVoirs(() => read([0x82, 1]), /opcode 0x82/); // EXT1
});

test('refuses to call a storage class', () => {
  throwsVoirs(
    () => read([torch.global('torch', 'FloatStorage'), ')', 'R']),
    /is not allowed; got torch FloatStorage/,
  );
  throwsVoirs(() => read([torch.text('x'), ')', 'R']), /is not allowed/);
});

test('refuses windows outside their storage', () => {
  const outside: [number, number[], number[]][] = [
    [0, [3], [1]],
    [2, [1], [1]],
    [0, [2], [2]],
    [0, [2, 2], [1, 1]],
    [0, [2], []],
    [0, [2 ** 30, 2 ** 30], [0, 0]],
  ];
  for (const [offset, shape, strides] of outside) {
    const value = torch.dict({ w: torch.tensor({ key: '0', count: 2, offset, shape, strides }) });
    throwsVoirs(() => read(value, { 0: torch.floats(1, 2) }), /tensor w lies outside its storage/);
  }
});

test('refuses copies of four bytes more than 64 MiB and twice the file', () => {
  const file = (count: number) =>
    torch.checkpoint(torch.dict({ w: torch.tensor({ key: '0', count: 1, shape: [count], strides: [0] }) }), {
      0: torch.floats(1),
    });
  const allowed = 2 * file(0).length + 64 * 2 ** 20;
  throwsVoirs(
    () => readPyTorch(file(Math.floor(allowed / 4) + 1)),
    new RegExp(`expand too far; got \\d+ bytes; wanted ${allowed}`),
  );
});

test('refuses a huge tensor on a tiny storage before it takes memory', () => {
  const value = torch.dict({ w: torch.tensor({ key: '0', count: 1, shape: [2 ** 30], strides: [0] }) });
  throwsVoirs(() => read(value, { 0: torch.floats(1) }), /expand too far/);
});

test('refuses storages that are missing, short or described twice', () => {
  const plain = { key: '0', count: 2, shape: [2], strides: [1] };
  const value = torch.dict({ w: torch.tensor(plain) });
  throwsVoirs(() => read(value), /storage 0 is not whole; got no bytes; wanted 8/);
  throwsVoirs(() => read(value, { 0: torch.floats(1) }), /storage 0 is not whole; got 4 bytes; wanted 8/);
  const twice = torch.dict({ w: torch.tensor(plain), v: torch.tensor({ ...plain, kind: 'HalfStorage' }) });
  throwsVoirs(() => read(twice, { 0: torch.floats(1, 2) }), /storage 0 is described twice/);
});

test('refuses a big-endian checkpoint', () => {
  const value = torch.dict({ w: torch.tensor({ key: '0', count: 1, shape: [1], strides: [1] }) });
  const extra = { 'model/byteorder': new TextEncoder().encode('big') };
  throwsVoirs(
    () => readPyTorch(torch.checkpoint(value, { 0: torch.floats(1) }, { extra })),
    /byte order is foreign; got big/,
  );
  const long = { 'model/byteorder': new TextEncoder().encode('x'.repeat(20)) };
  throwsVoirs(
    () => readPyTorch(torch.checkpoint(value, { 0: torch.floats(1) }, { extra: long })),
    /; got x{16};/,
  );
});

test('refuses files without tensors and files that are not checkpoints', () => {
  throwsVoirs(() => read(torch.dict({ epoch: torch.int(1) })), /holds no tensors/);
  throwsVoirs(() => read(torch.int(1)), /holds no dictionary/);
  throwsVoirs(() => readPyTorch(new Uint8Array(0)), /does not begin as a checkpoint does/);
  assert.not(isPyTorch(new TextEncoder().encode('{"a": 1}')));
  for (const start of [
    [0x50, 0x4b, 3, 4],
    [0x80, 2, 0x8a],
  ]) {
    assert.ok(isPyTorch(Uint8Array.from(start)));
    for (const at of start.keys())
      assert.not(isPyTorch(Uint8Array.from(start, (byte, i) => byte ^ +(i === at))));
  }
  throwsVoirs(
    () => readPyTorch(zipSync({ 'a/b.pkl': torch.floats(1) })),
    /not a checkpoint; got 0 data\.pkl/,
  );
  const two = { 'a/data.pkl': torch.pickle('}.'), 'b/data.pkl': torch.pickle('}.') };
  throwsVoirs(() => readPyTorch(zipSync(two)), /not a checkpoint; got 2 data\.pkl/);
});

test('refuses dictionaries made again and again from one list', () => {
  const pair = [torch.MARK, 'N', 'N', torch.TUPLE];
  const list = [']', torch.MARK, Array.from({ length: 1000 }, () => pair), 'e', [0x71, 0], '0'];
  const dict = [torch.global('collections', 'OrderedDict'), [0x68, 0], 0x85, torch.REDUCE, '0'];
  const times = (count: number): unknown => read([list, Array.from({ length: count }, () => dict), '}']);
  throwsVoirs(() => times(1001), /its dictionaries repeat; got 1001000 items/);
  throwsVoirs(() => times(1000), /holds no tensors/);
});

test('refuses a tensor name of more than 1,000 characters', () => {
  const weight = torch.tensor({ key: '0', count: 1, shape: [1], strides: [1] });
  const named = (length: number): ReturnType<typeof read> =>
    read(torch.dict({ a: torch.dict({ ['b'.repeat(length - 2)]: weight }) }), { 0: torch.floats(1) });
  assert.is(named(1002).tensors.size, 1); // 'a' is the root, and no part of the name
  throwsVoirs(() => named(1003), /a name is too long; got 1001 characters/);
});

test('refuses dictionaries that contain themselves or double at each level', () => {
  const memo = (index: number): number[] => [0x71, index];
  const recall = (index: number): number[] => [0x68, index];
  const self = ['}', memo(0), torch.text('a'), recall(0), 's'];
  throwsVoirs(() => read(self), /nest too deeply/);
  const levels = Array.from({ length: 60 }, (_, i) => [
    '}',
    memo(i + 1),
    torch.text('a'),
    recall(i),
    's',
    torch.text('b'),
    recall(i),
    's',
  ]);
  throwsVoirs(
    () => read(['}', memo(0), levels.map((level) => ['0', level])]),
    /nest too deeply|too many entries/,
  );
  const wide = ['}', torch.MARK, Array.from({ length: 50 }, (_, i) => [torch.text(`${i}`), recall(0)]), 'u'];
  const layers = Array.from({ length: 7 }, () => [memo(0), '0', wide]);
  throwsVoirs(() => read(['}', layers]), /too many entries; got over 200000;/);
});

test('nests dictionaries eight deep, and leaves out keys and values that are no tensors', () => {
  const weight = torch.tensor({ key: '0', count: 1, shape: [1], strides: [1] });
  const nested = (depth: number): ReturnType<typeof torch.dict> =>
    depth === 0 ? weight : torch.dict({ d: nested(depth - 1) });
  const deep = (depth: number) => read(torch.dict({ w: weight, d: nested(depth) }), { 0: torch.floats(1) });
  assert.is(deep(8).tensors.size, 2);
  throwsVoirs(() => deep(9), /nest too deeply; got over 8/);

  const storage = [torch.MARK, torch.text('storage'), torch.global('torch', 'FloatStorage'), torch.text('0')];
  const opaque = [storage, torch.text('cpu'), torch.int(1), torch.TUPLE, 'Q'];
  const entries = [
    ...[torch.text('w'), weight, torch.int(7), weight, 'N', weight],
    ...[torch.text('storage'), opaque, torch.text('none'), 'N', torch.text('model'), torch.dict({})],
  ];
  const mixed = read(['}', torch.MARK, entries, 'u'], { 0: torch.floats(1) });
  assert.equal([[...mixed.tensors.keys()], mixed.root], [['w', '7'], '']);
  assert.equal(mixed.ignored, ['storage', 'none', 'model']);
  const twice = ['}', torch.MARK, torch.text('7'), weight, torch.int(7), weight, 'u'];
  throwsVoirs(() => read(twice, { 0: torch.floats(1) }), /a tensor is named twice; got 7/);
  const trained = read(
    torch.dict({ optimizer: torch.dict({ x: torch.int(1) }), generator: torch.dict({ w: weight }) }),
    { 0: torch.floats(1) },
  );
  assert.equal(
    [trained.root, trained.ignored, [...trained.tensors.keys()]],
    ['generator', ['optimizer'], ['w']],
  );
});

test('reads an OrderedDict from its pairs, and a parameter only of a tensor', () => {
  const weight = torch.tensor({ key: '0', count: 1, shape: [1], strides: [1] });
  const pair = (name: string) => [torch.MARK, torch.text(name), weight, torch.TUPLE];
  const list = [']', torch.MARK, pair('a'), pair('b'), 'e'];
  const ordered = [torch.global('collections', 'OrderedDict'), list, 0x85, torch.REDUCE];
  assert.equal([...read(ordered, { 0: torch.floats(1) }).tensors.keys()], ['a', 'b']);
  const storage = [torch.MARK, torch.text('storage'), torch.global('torch', 'FloatStorage'), torch.text('0')];
  const opaque = [storage, torch.text('cpu'), torch.int(1), torch.TUPLE, 'Q'];
  for (const data of [torch.int(1), opaque]) {
    const parameter = [torch.global('torch.nn.parameter', 'Parameter'), data, 0x85, torch.REDUCE];
    throwsVoirs(
      () => read(torch.dict({ w: parameter }), { 0: torch.floats(1) }),
      /a parameter holds no tensor/,
    );
  }
});

test('refuses an OrderedDict of anything but pairs', () => {
  const ordered = (...pieces: Parameters<typeof torch.pickle>) => [
    ...[torch.global('collections', 'OrderedDict'), torch.MARK, ']', torch.MARK],
    ...[...pieces, 'e', torch.TUPLE, torch.REDUCE],
  ];
  const pair = (...items: number[]) => [torch.MARK, items.map(torch.int), torch.TUPLE];
  for (const items of [pair(1), pair(1, 2, 3), pair()])
    throwsVoirs(() => read(ordered(items)), /an OrderedDict is not made of pairs/);
});

test('refuses a tensor that is not described as torch does', () => {
  const rebuild = (...args: Parameters<typeof torch.pickle>) => [
    ...[torch.global('torch._utils', '_rebuild_tensor_v2'), torch.MARK, ...args, torch.TUPLE, torch.REDUCE],
  ];
  const one = torch.tensor({ key: '0', count: 1, shape: [1], strides: [1] });
  const id = [torch.MARK, torch.text('storage'), torch.global('torch', 'FloatStorage'), torch.text('0')];
  const storage = [id, torch.text('cpu'), torch.int(1), torch.TUPLE, 'Q'];
  const most = torch.tensor({ key: '0', count: 1, shape: Array(32).fill(1), strides: Array(32).fill(1) });
  assert.is(read(torch.dict({ a: most }), { 0: torch.floats(1) }).tensors.size, 1);
  for (const wrong of [
    rebuild(torch.int(1), torch.int(0), torch.ints([1]), torch.ints([1])),
    rebuild(one, torch.int(0), torch.ints([1]), torch.ints([1])), // a tensor is no storage
    ...[
      [torch.int(0), [']', torch.int(1), 'a'], torch.ints([1])], // a list is no tuple
      [torch.int(0), torch.ints([1]), torch.ints([-1])],
      [['G', 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], torch.ints([1]), torch.ints([1])], // 1.5
      [torch.int(0), torch.ints(Array(33).fill(1)), torch.ints(Array(33).fill(1))],
    ].map((rest) => rebuild(storage, ...rest)),
  ])
    throwsVoirs(() => read(torch.dict({ a: wrong }), { 0: torch.floats(1) }), /not described as torch does/);
});

test('refuses a storage that is not described as torch does', () => {
  const storage = (...id: Parameters<typeof torch.pickle>) => [
    ...[torch.global('torch._utils', '_rebuild_tensor_v2'), torch.MARK],
    ...[torch.MARK, ...id, torch.TUPLE, 'Q', torch.int(0), torch.ints([1]), torch.ints([1])],
    ...[torch.TUPLE, torch.REDUCE],
  ];
  const kind = torch.global('torch', 'FloatStorage');
  const cpu = torch.text('cpu');
  const key = torch.text('0');
  for (const id of [
    [torch.text('module'), kind, key, cpu, torch.int(1)],
    [torch.text('storage'), torch.text('FloatStorage'), key, cpu, torch.int(1)],
    [torch.text('storage'), kind, torch.int(0), cpu, torch.int(1)],
    [torch.text('storage'), kind, key, cpu, torch.int(-1)],
    [torch.text('storage'), kind, key, cpu, torch.int(1), torch.int(1)],
  ])
    throwsVoirs(
      () => read(torch.dict({ a: storage(...id) }), { 0: torch.floats(1) }),
      /a storage is not described as torch does/,
    );
});

test.run();
