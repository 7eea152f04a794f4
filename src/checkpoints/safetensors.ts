// Safetensors (https://github.com/huggingface/safetensors): the format of our weights and goldens, read with distrust.
import { VoirsError } from '../errors.js';
import { printed } from './json-reader.js';
import { elementCount, type HostTensor, ITEM_SIZES, isTensorDtype, type TensorDtype } from './tensor.js';

/** Room for 100,000 tensors; ours take some 15 kB. */
const MAX_HEADER_BYTES = 16 * 2 ** 20;

const METADATA = '__metadata__';
const SOURCE = 'The safetensors data';

/** What a weights file holds. */
export interface TensorFile {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface ReadOptions {
  /** What to call the file in error messages. */
  source?: string;
}

interface Extent {
  name: string;
  begin: number;
  end: number;
}

/** Fills `into` with the bytes of a file from `position` on. */
export type ReadPart = (position: number, into: Uint8Array) => void;

/**
 * Reads a safetensors file: 8 bytes of little-endian header length, a JSON header, the data.
 * Nothing is copied: tensors are views into `bytes`. Throws INVALID_WEIGHTS unless the header describes
 * every byte of the data exactly once, in dtypes F64, F32, F16, BF16, I64 and I32.
 */
export function readSafetensors(bytes: Uint8Array, { source = SOURCE }: ReadOptions = {}): TensorFile {
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // sheds Buffer's own slice()
  const begin = dataBegin(file, file.length, source);
  return readHeader(
    file.subarray(8, begin),
    file.length - begin,
    source,
    ({ dtype, shape, begin: from, end }) => ({
      dtype,
      shape,
      bytes: file.subarray(begin + from, begin + end),
    }),
  );
}

/**
 * The same for a file that is not in memory: tensors are read when their bytes are asked for, each time anew.
 * @param size of the file in bytes.
 */
export function openSafetensors(
  size: number,
  readPart: ReadPart,
  { source = SOURCE }: ReadOptions = {},
): TensorFile {
  const start = new Uint8Array(Math.min(size, 8));
  readPart(0, start);
  const begin = dataBegin(start, size, source);
  const header = new Uint8Array(begin - 8);
  readPart(8, header);
  return readHeader(header, size - begin, source, ({ dtype, shape, begin: from, end }) => {
    const copyBytes = (into: Uint8Array): void => readPart(begin + from, into);
    return {
      dtype,
      shape,
      get bytes() {
        const bytes = new Uint8Array(end - from);
        copyBytes(bytes);
        return bytes;
      },
      copyBytes,
    };
  });
}

interface Entry {
  dtype: TensorDtype;
  shape: number[];
  /** In the data. */
  begin: number;
  end: number;
}

function readHeader(
  json: Uint8Array,
  dataBytes: number,
  source: string,
  tensorOf: (entry: Entry) => HostTensor,
): TensorFile {
  const tensors = new Map<string, HostTensor>();
  const extents: Extent[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(parseHeader(json, source))) {
    if (name === METADATA) {
      metadata = checkMetadata(entry, source);
      continue;
    }
    const checked = checkEntry(name, entry, dataBytes, source);
    tensors.set(name, tensorOf(checked));
    extents.push({ name, begin: checked.begin, end: checked.end });
  }
  checkCoverage(extents, dataBytes, source);
  return { tensors, metadata };
}

/**
 * The bytes of a safetensors file, larger items first, then by name, so that every tensor is aligned.
 * Throws INVALID_WEIGHTS for a tensor whose bytes do not fill its shape and for reserved names.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const ordered = [...tensors].sort(
    ([a, x], [b, y]) => ITEM_SIZES[y.dtype] - ITEM_SIZES[x.dtype] || (a < b ? -1 : 1),
  );
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA, { ...metadata }]);
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (name === METADATA || name === '__proto__') {
      throw invalid('writer', `the tensor name is reserved`, name, 'another name');
    }
    if (elementCount(shape) !== bytes.length / ITEM_SIZES[dtype]) {
      throw invalid(
        'writer',
        `tensor "${name}" does not fill its shape`,
        `${bytes.length} bytes`,
        `${dtype} [${shape}]`,
      );
    }
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + bytes.length] }]);
    offset += bytes.length;
  }

  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + offset);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, 8 + headerBytes);
  let position = 8 + headerBytes;
  for (const [, { bytes }] of ordered) {
    file.set(bytes, position);
    position += bytes.length;
  }
  return file;
}

/** Where the data begin. @param start of the file, at least its first 8 bytes where it has them. */
function dataBegin(start: Uint8Array, size: number, source: string): number {
  if (size < 10) {
    throw invalid(source, 'it is too short for a safetensors file', `${size} bytes`, 'at least 10');
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  const room = Math.min(size - 8, MAX_HEADER_BYTES);
  if (length < 2n || length > BigInt(room)) {
    throw invalid(source, 'the header length is impossible', `${length} bytes`, `2 to ${room}`);
  }
  return 8 + Number(length);
}

function parseHeader(bytes: Uint8Array, source: string): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw invalid(source, 'the header is not JSON', (cause as Error).message, 'a JSON object', cause);
  }
  if (!isObject(header))
    throw invalid(source, 'the header is not an object', printed(header), 'a JSON object');
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) {
    throw invalid(source, 'the header names something twice', printed(duplicate), 'every key once');
  }
  return header;
}

function checkMetadata(entry: unknown, source: string): Record<string, string> {
  if (!isObject(entry))
    throw invalid(source, `${METADATA} is not an object`, printed(entry), 'strings by name');
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string' || key === '__proto__') {
      throw invalid(source, `${METADATA}.${key} is not a plain string`, printed(value), 'a string');
    }
  }
  return entry as Record<string, string>;
}

function checkEntry(name: string, entry: unknown, dataBytes: number, source: string): Entry {
  const tensor = `tensor ${printed(name)}`;
  if (name === '__proto__') throw invalid(source, 'a tensor has a reserved name', name, 'a plain name');
  if (!isObject(entry)) throw invalid(source, `${tensor} is not described`, printed(entry), 'an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isTensorDtype(dtype)) {
    throw invalid(
      source,
      `${tensor} has an unsupported dtype`,
      printed(dtype),
      Object.keys(ITEM_SIZES).join(', '),
    );
  }
  const count = isNumbers(shape) ? elementCount(shape) : undefined;
  if (!isNumbers(shape) || count === undefined) {
    throw invalid(source, `${tensor} has an impossible shape`, printed(shape), 'whole dimensions >= 0');
  }
  if (!isNumbers(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw invalid(source, `${tensor} has no valid data_offsets`, printed(offsets), '[begin, end]');
  }
  const [begin, end] = offsets as [number, number];
  if (begin < 0 || end < begin || end > dataBytes) {
    throw invalid(
      source,
      `${tensor} lies outside the data`,
      printed(offsets),
      `within 0 to ${dataBytes} bytes`,
    );
  }
  if (end - begin !== count * ITEM_SIZES[dtype]) {
    throw invalid(
      source,
      `${tensor} does not fill its shape`,
      `${end - begin} bytes`,
      `${count * ITEM_SIZES[dtype]} for ${dtype} ${printed(shape)}`,
    );
  }
  return { dtype, shape, begin, end };
}

/** Every byte belongs to one tensor: an overlap aliases weights, a hole can smuggle anything. */
function checkCoverage(extents: Extent[], dataBytes: number, source: string): void {
  extents.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of extents) {
    if (begin !== position) {
      const what = begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw invalid(source, `tensor ${printed(name)} ${what}`, `offset ${begin}`, `offset ${position}`);
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw invalid(
      source,
      'the tensors do not end where the file ends',
      `${dataBytes} data bytes`,
      `${position}`,
    );
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function invalid(source: string, what: string, got: string, wanted: string, cause?: unknown): VoirsError {
  return new VoirsError('INVALID_WEIGHTS', `${source}: ${what}`, {
    got,
    wanted,
    suggestion: 'The file is damaged or not what it claims to be: fetch or export it again.',
    cause,
  });
}

// JSON.parse lets the last of two equal keys win in silence; in a weights header that hides a tensor.

/** The first key that one object of `json` holds twice, or undefined. `json` must be valid: parse it first. */
export function duplicateKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // one entry per open bracket; arrays have no keys
  let text = ''; // the last string, which a colon makes a key
  for (let at = 0; at < json.length; at++) {
    const character = json[at];
    if (character === '"') {
      const end = closingQuote(json, at);
      text = json.slice(at, end + 1);
      at = end;
    } else if (character === '{') open.push(new Set());
    else if (character === '[') open.push(undefined);
    else if (character === '}' || character === ']') open.pop();
    else if (character === ':') {
      const key: string = JSON.parse(text); // two spellings of one key are one key
      const keys = open[open.length - 1]!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function closingQuote(json: string, from: number): number {
  let at = from + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
