// An ONNX file is a protobuf message (onnx/onnx.proto): this reads its graph's nodes and constant tensors, and runs
// nothing. A file counts as hostile: every length is checked against what is left, and tensors are views into it.
import type { VoirsError } from '../errors.js';
import { printed, type Refusal, refusal } from './invalid.js';
import { elementCount, type HostTensor, ITEM_SIZES, type TensorDtype } from './tensor.js';

/** A node: what it computes, and from which tensors. */
export interface OnnxNode {
  name: string;
  operator: string;
  inputs: string[];
  outputs: string[];
  /** Attributes that are integers, or one number. */
  numbers: ReadonlyMap<string, readonly number[]>;
}

export interface OnnxGraph {
  nodes: OnnxNode[];
  /** Constant tensors by name, views into the file; those of a type that we have none for are absent. */
  tensors: Map<string, HostTensor>;
  /** Names of tensors of such a type, and its number in TensorProto.DataType. */
  unread: ReadonlyMap<string, number>;
}

/** TensorProto.DataType. */
const DTYPES: ReadonlyMap<number, TensorDtype> = new Map([
  [1, 'F32'],
  [6, 'I32'],
  [7, 'I64'],
  [10, 'F16'],
  [11, 'F64'],
  [16, 'BF16'],
]);

/** A graph of VITS has some 3,000 nodes; each takes an object. */
const MAX_NODES = 200_000;
const MAX_NAME = 1000;
const MAX_NUMBERS = 64;

/** Whether the bytes begin like a ModelProto: ir_version, as a small number. */
export function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1]! > 0 && bytes[1]! < 0x40;
}

/**
 * Reads an ONNX file. Nothing is copied but tensors whose numbers are written one by one.
 * @throws VoirsError INVALID_WEIGHTS for damage, and for tensors that lie in other files.
 */
export function readOnnx(bytes: Uint8Array, { source = 'The ONNX file' } = {}): OnnxGraph {
  const refuse = refusal(source, 'The file is damaged or not an ONNX model: fetch or export it again.');
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const graph: GraphParts = { nodes: [], tensors: new Map(), unread: new Map() };
  let isEmpty = true;
  for (const field of new Message(file, refuse).fields()) {
    if (field.number !== 7) continue; // ModelProto.graph
    isEmpty = false;
    readGraph(field.message(), graph, refuse);
  }
  if (isEmpty) throw refuse('it holds no graph', `${bytes.length} bytes`, 'a ModelProto');
  return graph;
}

interface GraphParts extends OnnxGraph {
  unread: Map<string, number>;
}

function readGraph(message: Message, graph: GraphParts, refuse: Refusal): void {
  for (const field of message.fields()) {
    if (field.number === 1) {
      if (graph.nodes.length >= MAX_NODES)
        throw refuse('it has too many nodes', `over ${MAX_NODES}`, `${MAX_NODES}`);
      graph.nodes.push(readNode(field.message(), graph, refuse));
    } else if (field.number === 5) {
      const { name, tensor } = readTensor(field.message(), refuse);
      keep(graph, name, tensor, refuse);
    }
  }
}

function keep(graph: GraphParts, name: string, tensor: HostTensor | number, refuse: Refusal): void {
  if (graph.tensors.has(name) || graph.unread.has(name))
    throw refuse('it names a tensor twice', printed(name), 'each once');
  if (typeof tensor === 'number') graph.unread.set(name, tensor);
  else graph.tensors.set(name, tensor);
}

/** A Constant's tensor becomes one of the graph, under the name of what the node makes. */
function readNode(message: Message, graph: GraphParts, refuse: Refusal): OnnxNode {
  const numbers = new Map<string, readonly number[]>();
  const node: OnnxNode = { name: '', operator: '', inputs: [], outputs: [], numbers };
  let constant: HostTensor | number | undefined;
  for (const field of message.fields()) {
    if (field.number === 1) node.inputs.push(field.text());
    else if (field.number === 2) node.outputs.push(field.text());
    else if (field.number === 3) node.name = field.text();
    else if (field.number === 4) node.operator = field.text();
    else if (field.number === 5) {
      const attribute = readAttribute(field.message(), refuse);
      if (attribute.numbers.length > 0) numbers.set(attribute.name, attribute.numbers);
      if (attribute.tensor !== undefined) constant = attribute.tensor;
    }
  }
  const [output] = node.outputs;
  if (node.operator === 'Constant' && constant !== undefined && output !== undefined)
    keep(graph, output, constant, refuse);
  return node;
}

function readAttribute(
  message: Message,
  refuse: Refusal,
): { name: string; numbers: number[]; tensor: HostTensor | number | undefined } {
  let name = '';
  const numbers: number[] = [];
  let tensor: HostTensor | number | undefined;
  const add = (value: number): void => {
    if (numbers.length < MAX_NUMBERS) numbers.push(value);
  };
  for (const field of message.fields()) {
    if (field.number === 1) name = field.text();
    else if (field.number === 2) add(field.float());
    else if (field.number === 3) add(field.integer());
    else if (field.number === 5) tensor = readTensor(field.message(), refuse).tensor;
    else if (field.number === 8) for (const value of field.integers(MAX_NUMBERS)) add(value);
  }
  return { name, numbers, tensor };
}

/** A TensorProto; one of a type that we do not read is the number of that type. */
function readTensor(message: Message, refuse: Refusal): { name: string; tensor: HostTensor | number } {
  const shape: number[] = [];
  let [name, type] = ['', 0];
  let raw: Uint8Array | undefined;
  const listed: Field[] = [];
  for (const field of message.fields()) {
    if (field.number === 1) shape.push(...field.integers(MAX_NUMBERS));
    else if (field.number === 2) type = field.integer();
    else if (field.number === 8) name = field.text();
    else if (field.number === 9) raw = field.bytes();
    else if (field.number === 4 || field.number === 5 || field.number === 7) listed.push(field);
    else if (field.number === 13 || (field.number === 14 && field.integer() === 1)) {
      throw refuse(`tensor ${printed(name)} lies in another file`, 'external data', 'one file');
    }
  }
  const dtype = DTYPES.get(type);
  if (dtype === undefined) return { name, tensor: type };
  const count = elementCount(shape);
  if (count === undefined)
    throw refuse(`tensor ${printed(name)} has an impossible shape`, printed(shape), 'dimensions >= 0');
  const bytes = raw ?? joined(listed, dtype, refuse);
  if (bytes.length !== count * ITEM_SIZES[dtype]) {
    const wanted = `${count * ITEM_SIZES[dtype]} for ${dtype} ${printed(shape)}`;
    throw refuse(`tensor ${printed(name)} does not fill its shape`, `${bytes.length} bytes`, wanted);
  }
  return { name, tensor: { dtype, shape, bytes } };
}

/** Numbers that are listed in fields of their own: floats as they lie, integers and halves as varints. */
function joined(fields: readonly Field[], dtype: TensorDtype, refuse: Refusal): Uint8Array {
  if (dtype === 'F32') {
    const parts = fields.filter(({ number }) => number === 4).map((field) => field.bytes());
    if (parts.length === 1) return parts[0]!;
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
  const values = fields.filter(({ number }) => number !== 4).flatMap((field) => field.integers());
  if (dtype === 'I32') return new Uint8Array(Int32Array.from(values).buffer);
  if (dtype === 'F16' || dtype === 'BF16') return new Uint8Array(Uint16Array.from(values).buffer);
  if (dtype === 'I64')
    return new Uint8Array(BigInt64Array.from(values.map((value) => BigInt(Math.trunc(value)))).buffer);
  if (values.length > 0) throw refuse('a tensor of doubles is written in integers', `${dtype}`, 'raw data');
  return new Uint8Array(0);
}

/** A field: its number, and its value as it lies in the file. */
class Field {
  constructor(
    readonly number: number,
    private readonly value: number | Uint8Array,
    private readonly refuse: Refusal,
  ) {}

  bytes(): Uint8Array {
    if (typeof this.value !== 'number') return this.value;
    throw this.refuse(`field ${this.number} is of another kind`, 'a number', 'bytes');
  }

  message(): Message {
    return new Message(this.bytes(), this.refuse);
  }

  text(): string {
    const bytes = this.bytes();
    if (bytes.length > MAX_NAME)
      throw this.refuse('a name is too long', `${bytes.length} bytes`, `at most ${MAX_NAME}`);
    return new TextDecoder().decode(bytes);
  }

  integer(): number {
    if (typeof this.value === 'number') return this.value;
    throw this.refuse(`field ${this.number} is of another kind`, 'bytes', 'a number');
  }

  /** A float, which lies as four bytes. */
  float(): number {
    const bytes = this.bytes();
    if (bytes.length !== 4)
      throw this.refuse(`field ${this.number} is no float`, `${bytes.length} bytes`, '4 bytes');
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getFloat32(0, true);
  }

  /** One integer, or several packed; at most so many. */
  integers(most = Number.MAX_SAFE_INTEGER): number[] {
    if (typeof this.value === 'number') return [this.value];
    const values: number[] = [];
    const reader = new Message(this.value, this.refuse);
    while (!reader.isAtEnd) {
      if (values.length >= most)
        throw this.refuse(`field ${this.number} is too long`, `over ${most} numbers`, `${most}`);
      values.push(reader.varint());
    }
    return values;
  }
}

/** A protobuf message (https://protobuf.dev/programming-guides/encoding), field by field. */
class Message {
  private at = 0;
  private readonly view: DataView;

  constructor(
    private readonly data: Uint8Array,
    private readonly refuse: Refusal,
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at >= this.data.length;
  }

  *fields(): Generator<Field, void, undefined> {
    while (!this.isAtEnd) {
      const key = this.varint();
      const [number, kind] = [Math.floor(key / 8), key % 8];
      if (!(number >= 1 && number < 2 ** 29)) throw this.damaged(`field ${number}`);
      if (kind === 0) yield new Field(number, this.varint(), this.refuse);
      else if (kind === 1) yield new Field(number, this.take(8), this.refuse);
      else if (kind === 5) yield new Field(number, this.take(4), this.refuse);
      else if (kind === 2) yield new Field(number, this.take(this.varint()), this.refuse);
      else throw this.damaged(`a field of kind ${kind}`);
    }
  }

  /** A variable-length integer as a signed 64-bit one; beyond 2^53 it is rounded. */
  varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.isAtEnd) throw this.damaged('an integer that does not end');
      const byte = this.view.getUint8(this.at++);
      if (shift === 0n && byte < 0x80) return byte;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    throw this.damaged('an integer of more than ten bytes');
  }

  private take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.data.length - this.at)) throw this.damaged(`a length of ${length}`);
    this.at += length;
    return this.data.subarray(this.at - length, this.at);
  }

  private damaged(got: string): VoirsError {
    return this.refuse(
      'the message is damaged',
      `${got} at byte ${this.at} of ${this.data.length}`,
      'protobuf',
    );
  }
}
