// Checkpoints that no training run would write, put together opcode by opcode, as an attacker would.

import { zipSync } from 'fflate';

type Piece = number | string | Uint8Array | Piece[];

/** Joins opcodes (numbers), ASCII text and bytes. */
export function pickle(...pieces: Piece[]): Uint8Array {
  const flat = pieces.flat(Number.POSITIVE_INFINITY as 20) as (number | string | Uint8Array)[];
  const bytes = flat.map((piece) => {
    if (typeof piece === 'number') return Uint8Array.of(piece);
    return typeof piece === 'string' ? new TextEncoder().encode(piece) : piece;
  });
  return new Uint8Array(Buffer.concat(bytes));
}

export const PROTO = [0x80, 2];
export const STOP = '.';
export const MARK = '(';
export const TUPLE = 't';
export const REDUCE = 'R';
export const EMPTY_DICT = '}';
export const SETITEM = 's';
export const SETITEMS = 'u';

export function text(value: string): Piece {
  const bytes = new TextEncoder().encode(value);
  return ['X', uint32(bytes.length), bytes];
}

export function int(value: number): Piece {
  return ['J', uint32(value)];
}

export function ints(values: number[]): Piece {
  return [MARK, values.map(int), TUPLE];
}

export function global(module: string, name: string): Piece {
  return ['c', `${module}\n${name}\n`];
}

export interface TensorWindow {
  kind?: string;
  key: string;
  count: number;
  offset?: number;
  shape: number[];
  strides: number[];
}

/**
 * What torch writes for a tensor: _rebuild_tensor_v2(persistent id, offset, size, stride, False,
 * OrderedDict()).
 */
export function tensor({
  kind = 'FloatStorage',
  key,
  count,
  offset = 0,
  shape,
  strides,
}: TensorWindow): Piece {
  const storage = [
    MARK,
    text('storage'),
    global('torch', kind),
    text(key),
    text('cpu'),
    int(count),
    TUPLE,
    'Q',
  ];
  const hooks = [global('collections', 'OrderedDict'), ')', REDUCE];
  const args = [MARK, storage, int(offset), ints(shape), ints(strides), 0x89, hooks, TUPLE];
  return [global('torch._utils', '_rebuild_tensor_v2'), args, REDUCE];
}

/** A dictionary with these entries. */
export function dict(entries: Record<string, Piece>): Piece {
  return [EMPTY_DICT, MARK, Object.entries(entries).map(([name, value]) => [text(name), value]), SETITEMS];
}

/** A checkpoint in the zip layout; `level` 0 stores as torch does. */
export function checkpoint(
  value: Piece,
  storages: Record<string, Uint8Array>,
  { level = 0, extra = {} }: { level?: 0 | 6; extra?: Record<string, Uint8Array> } = {},
): Uint8Array {
  const files: Record<string, Uint8Array> = { 'model/data.pkl': pickle(PROTO, value, STOP), ...extra };
  for (const [key, bytes] of Object.entries(storages)) files[`model/data/${key}`] = bytes;
  return zipSync(files, { level });
}

/** The layout before torch 1.6: five pickles, then each storage behind its number of elements. */
export function stream(
  value: Piece,
  storages: Record<string, { count: number; bytes: Uint8Array }>,
  {
    version = 1001,
    littleEndian = true,
    keys = [']', MARK, Object.keys(storages).map(text), 'e'] as Piece,
  } = {},
): Uint8Array {
  const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
  const system = dict({ little_endian: littleEndian ? 0x88 : 0x89 });
  const programs = [magic, int(version), system, value, keys].map((program) => [PROTO, program, STOP]);
  const data = Object.values(storages).map(({ count, bytes }) => [uint64(count), bytes]);
  return pickle(programs, data);
}

export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}

function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function uint64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
}
