// ONNX files put together field by field, as an exporter or an attacker would write them.

type Bytes = Uint8Array;

export function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    const more = rest > 127n;
    bytes.push(Number(rest & 127n) | (more ? 128 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

export const joined = (...parts: Bytes[]): Bytes => new Uint8Array(Buffer.concat(parts));
export const number = (field: number, value: number): Bytes => joined(varint(field * 8), varint(value));
export const bytes = (field: number, content: Bytes): Bytes =>
  joined(varint(field * 8 + 2), varint(content.length), content);
/** Four or eight bytes as they are. */
export const fixed = (field: number, content: Bytes): Bytes =>
  joined(varint(field * 8 + (content.length === 4 ? 5 : 1)), content);
export const text = (field: number, content: string): Bytes =>
  bytes(field, new TextEncoder().encode(content));

export interface TensorParts {
  name: string;
  shape: readonly number[];
  type?: number;
  raw: Bytes;
}

/** A TensorProto with raw data. */
export function tensorProto({ name, shape, type = 1, raw }: TensorParts): Bytes {
  return joined(...shape.map((size) => number(1, size)), number(2, type), text(8, name), bytes(9, raw));
}

export interface NodeParts {
  name: string;
  operator: string;
  inputs: readonly string[];
  attributes?: Readonly<Record<string, readonly number[]>>;
}

/** A NodeProto; its attributes are lists of integers. */
export function nodeProto({ name, operator, inputs, attributes = {} }: NodeParts): Bytes {
  return joined(
    ...inputs.map((input) => text(1, input)),
    text(2, `${name}_output_0`),
    text(3, name),
    text(4, operator),
    ...Object.entries(attributes).map(([key, values]) =>
      bytes(5, joined(text(1, key), bytes(8, joined(...values.map(varint))), number(20, 7))),
    ),
  );
}

/** A ModelProto. */
export function modelProto(nodes: readonly Bytes[], tensors: readonly Bytes[]): Bytes {
  const graph = joined(...nodes.map((node) => bytes(1, node)), ...tensors.map((tensor) => bytes(5, tensor)));
  return joined(number(1, 8), text(2, 'test'), bytes(7, graph));
}
