// If this fails, voirs cannot read its own voices, or a hostile file reads memory that is not its own.

import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openSafetensors, readSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import {
  type FloatDtype,
  floatTensor,
  type HostTensor,
  intTensor,
  toFloat32,
  toInt32,
} from '../../src/checkpoints/tensor.js';
import { failsOnlyAsVoirs, throwsVoirs } from './expect-error.js';

const test = suite('safetensors');
const root = new URL('../../', import.meta.url);

/** A file with this header, as text or as what JSON makes of a value, and so many bytes of data. */
function file(header: unknown, dataBytes = 0): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function entry(shape: unknown, begin: unknown, end: unknown, dtype: unknown = 'F32'): unknown {
  return { dtype, shape, data_offsets: [begin, end] };
}

test('reads a golden written by Python with its shapes and values', () => {
  const bytes = readFileSync(new URL('test/fixtures/hifigan-odd-tiny.golden.safetensors', root));
  const { tensors } = readSafetensors(bytes);
  assert.equal([...tensors.keys()].sort(), ['audio', 'mel']);
  const audio = toFloat32(tensors.get('audio')!);
  assert.equal(tensors.get('audio')!.shape, [640]);
  assert.equal(tensors.get('mel')!.shape, [80, 20]);
  assert.is(audio[0], bytes.readFloatLE(8 + 128));
  assert.ok(audio.every((sample) => Math.abs(sample) <= 1));
});

test('reads entries in any order of their offsets', () => {
  const bytes = file(
    { c: entry([1], 8, 12), a: entry([1], 0, 4), d: entry([1], 12, 16), b: entry([1], 4, 8) },
    16,
  );
  bytes.set(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer), bytes.length - 16);
  const { tensors } = readSafetensors(bytes);
  const values = ['a', 'b', 'c', 'd'].map((name) => toFloat32(tensors.get(name)!)[0]);
  assert.equal(values, [1, 2, 3, 4]);
});

test('reads the integers of the goldens as tokens of the vocabulary', () => {
  const path = new URL('../shared/voices/arctic/golden/hello.safetensors', root);
  if (!existsSync(path)) {
    console.log('SKIP golden tokens: ../shared is not here');
    return;
  }
  const { tensors } = readSafetensors(readFileSync(path));
  const tokens = toInt32(tensors.get('tokens')!);
  const durations = toInt32(tensors.get('durations')!);
  assert.is(tokens[0], 1, 'a sentence begins with ^');
  assert.is(tokens.at(-1), 2, 'and ends with $');
  assert.is(
    durations.reduce((sum, frames) => sum + frames),
    tensors.get('mel')!.shape[0],
  );
});

test('reads a pooled Buffer at any alignment of its data', () => {
  const json = '{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  for (let padding = 0; padding < 8; padding++) {
    const bytes = file(json + ' '.repeat(padding), 8);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), bytes.length - 8);
    const pooled = Buffer.alloc(bytes.length + 3).subarray(3);
    pooled.set(bytes);
    assert.equal([...toFloat32(readSafetensors(pooled).tensors.get('x')!)], [1.5, -2]);
  }
});

test('writes names, shapes, dtypes and metadata, each tensor aligned', () => {
  const tensors = new Map<string, HostTensor>([
    ['b.half', floatTensor(Float32Array.of(1, 2, 3), [3], 'F16')],
    ['a', floatTensor(Float32Array.of(4), [], 'F32')],
    ['count', intTensor([5, -6], [2, 1], 'I64')],
    ['empty', floatTensor(new Float32Array(0), [0, 7])],
    ['naïve "name"\n', floatTensor(Float32Array.of(-0), [1], 'BF16')],
  ]);
  const bytes = writeSafetensors(tensors, { voice: 'arctic', format: 'pt' });
  const back = readSafetensors(bytes);
  assert.equal(new Map([...back.tensors].sort()), new Map([...tensors].sort()));
  assert.equal({ ...back.metadata }, { voice: 'arctic', format: 'pt' });
  for (const { dtype, bytes: data } of back.tensors.values()) {
    const size = { F64: 8, I64: 8, F32: 4, I32: 4, F16: 2, BF16: 2, I8: 1 }[dtype];
    assert.is(data.byteOffset % size, 0);
  }
});

test('writes one header for one set of tensors, of spaces to a multiple of 8', () => {
  const of = (name: string): [string, HostTensor] => [name, floatTensor(Float32Array.of(1), [1])];
  const header = (bytes: Uint8Array): string =>
    new TextDecoder().decode(bytes.subarray(8, 8 + new DataView(bytes.buffer).getUint32(0, true)));
  for (let length = 1; length <= 8; length++) {
    const text = header(writeSafetensors(new Map([of('n'.repeat(length))])));
    assert.match(text, /^\{"n+":\{.*\}\} *$/);
    assert.is(text.length % 8, 0);
  }
  const [one, other] = [
    ['a', 'b'],
    ['b', 'a'],
  ].map((names) => writeSafetensors(new Map(names.map(of))));
  assert.equal(one, other);
  assert.equal(Object.keys(JSON.parse(header(one!))), ['a', 'b']);
});

test('keeps a tensor of others whose name ends as our scales do', () => {
  const bytes = file({ 'a.scale': entry([1], 0, 4) }, 4);
  assert.equal([...readSafetensors(bytes, { isForeign: true }).tensors.keys()], ['a.scale']);
  throwsVoirs(() => readSafetensors(bytes), /a\.scale/);
  throwsVoirs(
    () => readSafetensors(file({ a: entry([2], 4, 8) }, 8)),
    /does not fill its shape; got 4 bytes; wanted 8/,
  );
});

test('writes no tensor that it could not read back', () => {
  const one = floatTensor(Float32Array.of(1), [1]);
  throwsVoirs(() => writeSafetensors(new Map([['__metadata__', one]])), /reserved/);
  throwsVoirs(() => writeSafetensors(new Map([['__proto__', one]])), /reserved/);
  throwsVoirs(() => writeSafetensors(new Map([['x', { ...one, shape: [2] }]])), /does not fill its shape/);
});

const HOSTILE: [name: string, bytes: Uint8Array, pattern: RegExp][] = [
  ['an empty file', new Uint8Array(0), /too short/],
  ['a file cut within its header', file('{}').subarray(0, 9), /too short/],
  [
    'a header longer than the file',
    file('{"x":0}').subarray(0, 14),
    /length is impossible; got 7 bytes; wanted 2 to 6/,
  ],
  [
    'a header length of 2^64 - 1',
    Uint8Array.of(...new Array(8).fill(255), 123, 125),
    /header length is impossible/,
  ],
  ['a header length of zero', new Uint8Array(32), /header length is impossible/],
  ['a header that is no JSON', file('{"x":'), /not JSON/],
  ['a header that is no UTF-8', file('{"x": 1}').map((byte) => (byte === 0x78 ? 0xff : byte)), /not JSON/],
  ['a header that is a list', file([]), /not an object/],
  ['a header that is null', file('null'), /not an object/],
  ['nesting that is never closed', file('['.repeat(200_000)), /not JSON/],
  [
    'nesting deeper than the stack',
    file(`{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
    /"x" is not described/,
  ],
  ['an entry that is a number', file({ x: 1 }), /"x" is not described/],
  ['an unknown dtype', file({ x: entry([1], 0, 4, 'F99') }, 4), /unsupported dtype; got "F99"/],
  ['a dtype from the prototype', file({ x: entry([1], 0, 4, 'toString') }, 4), /unsupported dtype/],
  ['a dtype that voirs does not use', file({ x: entry([4], 0, 4, 'U8') }, 4), /unsupported dtype; got "U8"/],
  ['a missing dtype', file({ x: { shape: [1], data_offsets: [0, 4] } }, 4), /unsupported dtype; got nothing/],
  ['a negative dimension', file({ x: entry([-1], 0, 4) }, 4), /impossible shape; got \[-1\]/],
  ['a fractional dimension', file({ x: entry([0.5, 2], 0, 4) }, 4), /impossible shape/],
  ['dimensions that overflow', file({ x: entry([2 ** 31, 2 ** 31], 0, 4) }, 4), /impossible shape/],
  ['an overflow hidden by a zero', file({ x: entry([0, 2 ** 52, 2 ** 52], 0, 0) }), /impossible shape/],
  [
    'an infinite dimension',
    file('{"x":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', 4),
    /impossible shape/,
  ],
  ['a shape that is text', file({ x: entry('1', 0, 4) }, 4), /impossible shape/],
  [
    'a shape that needs more bytes',
    file({ x: entry([2], 0, 4) }, 4),
    /does not fill its shape; got 4 bytes; wanted 8/,
  ],
  ['offsets beyond the data', file({ x: entry([2], 0, 8) }, 4), /outside the data/],
  ['offsets before the data', file({ x: entry([1], -4, 0) }, 4), /outside the data/],
  ['offsets in reverse', file({ x: entry([1], 4, 0) }, 4), /outside the data/],
  ['fractional offsets', file({ x: entry([1], 0.5, 4.5) }, 5), /no valid data_offsets/],
  [
    'three offsets',
    file({ x: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 8),
    /no valid data_offsets/,
  ],
  ['overlapping tensors', file({ x: entry([2], 0, 8), y: entry([1], 4, 8) }, 8), /"y" overlaps/],
  ['the same bytes twice', file({ x: entry([1], 0, 4), y: entry([1], 0, 4) }, 4), /"y" overlaps/],
  ['a hole between tensors', file({ x: entry([1], 0, 4), y: entry([1], 8, 12) }, 12), /"y" leaves a hole/],
  ['a hole at the start', file({ x: entry([1], 4, 8) }, 8), /"x" leaves a hole/],
  ['bytes after the last tensor', file({ x: entry([1], 0, 4) }, 9), /do not end where the file ends/],
  ['a truncated file', file({ x: entry([1], 0, 4) }, 4).subarray(0, -1), /outside the data/],
  [
    'a tensor named twice',
    file('{"x":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"\\u0078":0}'),
    /twice; got "x"/,
  ],
  [
    'a shape given twice',
    file('{"x":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}}'),
    /twice; got "shape"/,
  ],
  [
    'a tensor named __proto__',
    file('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'),
    /reserved name/,
  ],
  [
    'metadata that is no text',
    file({ __metadata__: { steps: 5 } }),
    /__metadata__.steps is not a plain string/,
  ],
  ['metadata named __proto__', file('{"__metadata__":{"__proto__":"x"}}'), /not a plain string/],
  ['metadata that is a list', file({ __metadata__: [] }), /__metadata__ is not an object/],
];

for (const [name, bytes, pattern] of HOSTILE) {
  test(`refuses ${name}`, () => {
    throwsVoirs(() => readSafetensors(bytes, { source: 'voice.safetensors' }), pattern);
    throwsVoirs(() => readSafetensors(bytes, { source: 'voice.safetensors' }), /^voice\.safetensors: /);
  });
}

test('reads keys named like members of objects as names', () => {
  const bytes = file({ constructor: entry([1], 0, 4), toString: entry([1], 4, 8) }, 8);
  assert.equal([...readSafetensors(bytes).tensors.keys()], ['constructor', 'toString']);
});

test('reads names of 1,000,000 characters', () => {
  for (const name of ['a'.repeat(1_000_000), '\n'.repeat(500_000)]) {
    const bytes = writeSafetensors(new Map([[name, floatTensor(Float32Array.of(1), [1])]]));
    assert.is([...readSafetensors(bytes).tensors.keys()][0] === name, true);
  }
});

test('refuses a header of more than 1 MiB before it reads it', () => {
  for (const length of [2 ** 20 + 1, 2 ** 31, 2 ** 32]) {
    const readPart = (position: number, into: Uint8Array): void => {
      assert.equal([position, into.length], [0, 8]);
      new DataView(into.buffer).setBigUint64(0, BigInt(length), true);
    };
    throwsVoirs(
      () => openSafetensors(2 ** 33, readPart),
      /header length is impossible; .*wanted 2 to 1048576/,
    );
  }
});

test('reads and writes a header of exactly 1 MiB, and writes no longer one', () => {
  const named = (length: number): Uint8Array =>
    writeSafetensors(new Map([['a'.repeat(length), floatTensor(Float32Array.of(1), [1])]]));
  const withoutName = named(8).length - 8 - 8 - 4; // less the header's length, the name and the data
  const bytes = named(2 ** 20 - withoutName);
  assert.is(new DataView(bytes.buffer).getBigUint64(0, true), 2n ** 20n);
  assert.is(readSafetensors(bytes).tensors.size, 1);
  throwsVoirs(() => named(2 ** 20), /header is too long; got \d+ bytes; wanted at most 1048576/);
});

test('finds no duplicate in names that look like structure', () => {
  const tensors = new Map([
    ['a":{"a', floatTensor(Float32Array.of(1), [1])],
    ['a\\', floatTensor(Float32Array.of(2), [1])],
    ['}a:', floatTensor(Float32Array.of(3), [1])],
  ]);
  assert.is(readSafetensors(writeSafetensors(tensors)).tensors.size, 3);
});

const FLOATS: FloatDtype[] = ['F32', 'F16', 'BF16', 'F64'];
const tensor = fc
  .tuple(
    fc.array(fc.nat(4), { maxLength: 4 }),
    fc.constantFrom(...FLOATS, 'I32' as const, 'I64' as const),
    fc.nat(),
  )
  .map(([shape, dtype, seed]): HostTensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, (_, i) => ((seed + i * 37) % 256) - 128);
    return dtype === 'I32' || dtype === 'I64'
      ? intTensor(values, shape, dtype)
      : floatTensor(values, shape, dtype);
  });
const tensorMap = fc
  .dictionary(fc.string({ maxLength: 12 }), tensor, { maxKeys: 6 })
  .map((record) => new Map(Object.entries(record).filter(([name]) => name !== '__proto__')));

test('reads back any tensors that it writes', () => {
  fc.assert(
    fc.property(tensorMap, (tensors) => {
      const back = readSafetensors(writeSafetensors(tensors)).tensors;
      assert.is(back.size, tensors.size);
      for (const [name, { dtype, shape, bytes }] of tensors) {
        assert.equal(back.get(name), { dtype, shape, bytes });
      }
    }),
    { numRuns: 300 },
  );
});

test('reads any file in parts as it reads it whole, or refuses it the same', () => {
  const outcome = (read: () => ReturnType<typeof readSafetensors>): unknown => {
    try {
      const { tensors, metadata } = read();
      return [
        metadata,
        [...tensors].map(([name, { dtype, shape, bytes }]) => [name, dtype, shape, [...bytes]]),
      ];
    } catch (error) {
      return (error as Error).message;
    }
  };
  const whole = writeSafetensors(
    new Map([
      ['a', { dtype: 'F16' as const, shape: [3], bytes: new Uint8Array([1, 2, 3, 4, 5, 6]) }],
      ['b', { dtype: 'F32' as const, shape: [1], bytes: new Uint8Array([7, 8, 9, 10]) }],
    ]),
    { voice: 'none' },
  );
  const files = fc.record({
    length: fc.integer({ min: 0, max: whole.length }),
    at: fc.integer({ min: 0, max: whole.length - 1 }),
    value: fc.integer({ min: 0, max: 255 }),
  });
  fc.assert(
    fc.property(files, ({ length, at, value }) => {
      const file = whole.slice(0, length);
      if (at < length) file[at] = value;
      const readPart = (position: number, into: Uint8Array): void => {
        if (position + into.length > file.length) throw new Error('read past the end');
        into.set(file.subarray(position, position + into.length));
      };
      assert.equal(
        outcome(() => openSafetensors(file.length, readPart)),
        outcome(() => readSafetensors(file)),
      );
    }),
    { numRuns: 500 },
  );
});

test('refuses any bytes with a VoirsError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => failsOnlyAsVoirs(() => readSafetensors(bytes))),
    { numRuns: 500 },
  );
});

test('reads any JSON as a header, or refuses it with a VoirsError', () => {
  fc.assert(
    fc.property(fc.json(), fc.nat(64), (json, dataBytes) =>
      failsOnlyAsVoirs(() => readSafetensors(file(json, dataBytes))),
    ),
    { numRuns: 500 },
  );
});

test('reads each byte of a mutated file once, or refuses the file', () => {
  const mutation = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(tensorMap, mutation, fc.nat(8), (tensors, changes, cut) => {
      const bytes = writeSafetensors(tensors).slice();
      for (const [at, value] of changes) bytes[at % Math.min(bytes.length, 400)] = value;
      const mutated = bytes.subarray(0, bytes.length - cut);
      return failsOnlyAsVoirs(() => {
        const { tensors: read } = readSafetensors(mutated);
        const header = Number(new DataView(mutated.buffer).getBigUint64(0, true));
        const covered = [...read.values()].reduce((sum, { bytes: data }) => sum + data.length, 0);
        assert.is(covered, mutated.length - 8 - header);
      });
    }),
    { numRuns: 500 },
  );
});

test.run();
