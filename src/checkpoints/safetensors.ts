// Safetensors (https://github.com/huggingface/safetensors) is the format of voices and goldens: 8 bytes of
// little-endian header length, a JSON header, the data. A file counts as hostile until every byte of it is
// accounted for.
//
// A weight may take 8 bits: NAME in I8 with shape [R, ...], and NAME.scale in F16 or F32 with shape [R]. Its
// values are int8 * scale[row], rows being those of axis 0 in every kind of layer. Both are one tensor here.
import { printed, type Refusal, refusal } from './invalid.js';
import {
  elementCount,
  type HostTensor,
  ITEM_SIZES,
  isTensorDtype,
  rowScales,
  type TensorDtype,
} from './tensor.js';

/** Room for 10,000 tensors; those of a voice take 15 kB. As brackets alone it costs 0.3 s and 70 MB. */
const MAX_HEADER_BYTES = 2 ** 20;

const METADATA = '__metadata__';
/** What the name of an 8-bit tensor's scale ends with; no other tensor's may. */
const SCALE = '.scale';
const SOURCE = 'The safetensors data';
const DAMAGED = 'The file is damaged or not what it claims to be: fetch or export it again.';

/** What a weights file holds. */
export interface TensorFile {
  readonly tensors: Map<string, HostTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface ReadOptions {
  /** What to call the file in error messages. */
  source?: string;
  /** Others' files know nothing of scales: a name that ends in `.scale` is a name. */
  isForeign?: boolean;
}

/** Fills `into` with the bytes of a file from `position` on. */
export type ReadPart = (position: number, into: Uint8Array) => void;

/**
 * Reads a safetensors file. Nothing is copied: tensors are views into `bytes`.
 * @throws VoirsError INVALID_WEIGHTS unless the header describes every byte of the data exactly once, in
 * dtypes F64, F32, F16, BF16, I64, I32 and, with a valid scale, I8.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { source = SOURCE, isForeign = false }: ReadOptions = {},
): TensorFile {
  const refuse = refusal(source, DAMAGED);
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // sheds Buffer's own slice()
  const begin = dataBegin(file, file.length, refuse);
  return readHeader(
    file.subarray(8, begin),
    file.length - begin,
    refuse,
    ({ dtype, shape, begin: from, end }, scale) => ({
      dtype,
      shape,
      bytes: file.subarray(begin + from, begin + end),
      ...scale,
    }),
    isForeign,
  );
}

/**
 * The same for a file that is not in memory: tensors are read when their bytes are asked for, each time anew.
 * Scales are also read, and checked, here.
 * @param size of the file in bytes.
 * @throws VoirsError INVALID_WEIGHTS like {@link readSafetensors}.
 */
export function openSafetensors(
  size: number,
  readPart: ReadPart,
  { source = SOURCE }: ReadOptions = {},
): TensorFile {
  const refuse = refusal(source, DAMAGED);
  const start = new Uint8Array(Math.min(size, 8));
  readPart(0, start);
  const begin = dataBegin(start, size, refuse);
  const header = new Uint8Array(begin - 8);
  readPart(8, header);
  return readHeader(header, size - begin, refuse, ({ dtype, shape, begin: from, end }, scale) => {
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
      ...scale,
    };
  });
}

/** What the header says of one tensor; checked. */
interface Entry {
  name: string;
  dtype: TensorDtype;
  shape: number[];
  /** In the data. */
  begin: number;
  end: number;
}

function readHeader(
  json: Uint8Array,
  dataBytes: number,
  refuse: Refusal,
  tensorOf: (entry: Entry, scale?: Pick<HostTensor, 'scale'>) => HostTensor,
  isForeign = false,
): TensorFile {
  const entries = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(parseHeader(json, refuse))) {
    if (name === METADATA) {
      metadata = checkMetadata(entry, refuse);
      continue;
    }
    entries.set(name, checkEntry(name, entry, dataBytes, refuse));
  }
  checkCoverage([...entries.values()], dataBytes, refuse);

  const tensors = new Map<string, HostTensor>();
  for (const [name, entry] of entries) {
    if (isForeign && entry.dtype !== 'I8') tensors.set(name, tensorOf(entry));
    else if (name.endsWith(SCALE)) {
      checkOwner(name, entries, refuse);
    } else if (entry.dtype === 'I8') {
      const scale = entries.get(name + SCALE);
      const tensor = tensorOf(entry, scale && { scale: tensorOf(scale) });
      rowScales(tensor, `tensor ${printed(name)}`, refuse);
      tensors.set(name, tensor);
    } else tensors.set(name, tensorOf(entry));
  }
  return { tensors, metadata };
}

/** Where the data begin. @param start of the file, at least its first 8 bytes where it has them. */
function dataBegin(start: Uint8Array, size: number, refuse: Refusal): number {
  if (size < 10) {
    throw refuse('it is too short for a safetensors file', `${size} bytes`, 'at least 10');
  }
  const length = new DataView(start.buffer, start.byteOffset).getBigUint64(0, true);
  const room = Math.min(size - 8, MAX_HEADER_BYTES);
  if (length < 2n || length > BigInt(room)) {
    throw refuse('the header length is impossible', `${length} bytes`, `2 to ${room}`);
  }
  return 8 + Number(length);
}

function parseHeader(bytes: Uint8Array, refuse: Refusal): Record<string, unknown> {
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw refuse('the header is not JSON', (cause as Error).message, 'a JSON object', cause);
  }
  if (!isObject(header)) throw refuse('the header is not an object', printed(header), 'a JSON object');
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined) {
    throw refuse('the header names something twice', printed(duplicate), 'every key once');
  }
  return header;
}

function checkMetadata(entry: unknown, refuse: Refusal): Record<string, string> {
  if (!isObject(entry)) throw refuse(`${METADATA} is not an object`, printed(entry), 'strings by name');
  for (const [key, value] of Object.entries(entry)) {
    if (typeof value !== 'string' || key === '__proto__') {
      throw refuse(`${METADATA}.${key} is not a plain string`, printed(value), 'a string');
    }
  }
  return entry as Record<string, string>;
}

function checkEntry(name: string, entry: unknown, dataBytes: number, refuse: Refusal): Entry {
  const tensor = `tensor ${printed(name)}`;
  if (name === '__proto__') throw refuse('a tensor has a reserved name', name, 'a plain name');
  if (!isObject(entry)) throw refuse(`${tensor} is not described`, printed(entry), 'an object');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isTensorDtype(dtype)) {
    throw refuse(`${tensor} has an unsupported dtype`, printed(dtype), Object.keys(ITEM_SIZES).join(', '));
  }
  const count = isNumbers(shape) ? elementCount(shape) : undefined;
  if (!isNumbers(shape) || count === undefined) {
    throw refuse(`${tensor} has an impossible shape`, printed(shape), 'whole dimensions >= 0');
  }
  if (!isNumbers(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw refuse(`${tensor} has no valid data_offsets`, printed(offsets), '[begin, end]');
  }
  const [begin, end] = offsets as [number, number];
  if (begin < 0 || end < begin || end > dataBytes) {
    throw refuse(`${tensor} lies outside the data`, printed(offsets), `within 0 to ${dataBytes} bytes`);
  }
  if (end - begin !== count * ITEM_SIZES[dtype]) {
    throw refuse(
      `${tensor} does not fill its shape`,
      `${end - begin} bytes`,
      `${count * ITEM_SIZES[dtype]} for ${dtype} ${printed(shape)}`,
    );
  }
  return { name, dtype, shape, begin, end };
}

/** Every byte belongs to one tensor: an overlap aliases weights, a hole can hold anything. */
function checkCoverage(entries: Entry[], dataBytes: number, refuse: Refusal): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position) {
      const what = begin < position ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw refuse(`tensor ${printed(name)} ${what}`, `offset ${begin}`, `offset ${position}`);
    }
    position = end;
  }
  if (position !== dataBytes) {
    throw refuse('the tensors do not end where the file ends', `${dataBytes} data bytes`, `${position}`);
  }
}

/** A scale belongs to an 8-bit tensor, which alone is seen outside. */
function checkOwner(name: string, entries: ReadonlyMap<string, Entry>, refuse: Refusal): void {
  const owner = name.slice(0, -SCALE.length);
  const dtype = entries.get(owner)?.dtype;
  if (dtype === 'I8') return;
  const got = `${printed(owner)} ${dtype === undefined ? 'nowhere' : `in ${dtype}`}`;
  throw refuse(`tensor ${printed(name)} is the scale of no 8-bit tensor`, got, `${printed(owner)} in I8`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

/**
 * The first key that one object of `json`, which must be valid, holds twice, or undefined. JSON.parse lets
 * the last of two equal keys win without a word, which hides a tensor.
 */
function duplicateKey(json: string): string | undefined {
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

/**
 * The bytes of a safetensors file, larger items first, then by name, so that every tensor is aligned. Scales
 * of 8-bit tensors are written beside them.
 * @throws VoirsError INVALID_WEIGHTS for a tensor whose bytes do not fill its shape, for reserved names
 * and for a header that could not be read again.
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, HostTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const refuse = refusal('The safetensors writer', 'Correct the tensors before they are written.');
  const all = [...tensors].flatMap(([name, tensor]): [string, HostTensor][] => {
    if (name === METADATA || name === '__proto__' || name.endsWith(SCALE)) {
      throw refuse('the tensor name is reserved', printed(name), 'another name');
    }
    if (tensor.dtype !== 'I8') return [[name, tensor]];
    rowScales(tensor, `tensor ${printed(name)}`, refuse);
    return [
      [name, tensor],
      [name + SCALE, tensor.scale!],
    ];
  });
  const ordered = all.sort(([a, x], [b, y]) => ITEM_SIZES[y.dtype] - ITEM_SIZES[x.dtype] || (a < b ? -1 : 1));
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA, { ...metadata }]);
  let offset = 0;
  for (const [name, { dtype, shape, bytes }] of ordered) {
    if (elementCount(shape) !== bytes.length / ITEM_SIZES[dtype]) {
      throw refuse(
        `tensor ${printed(name)} does not fill its shape`,
        `${bytes.length} bytes`,
        `${dtype} [${shape}]`,
      );
    }
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + bytes.length] }]);
    offset += bytes.length;
  }

  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES) {
    throw refuse('the header is too long', `${headerBytes} bytes`, `at most ${MAX_HEADER_BYTES}`);
  }
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
