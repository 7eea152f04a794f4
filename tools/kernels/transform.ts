// The description of a fast convolution: a linear map turns a tile of input rows into planes, each plane is
// multiplied by a matrix of weights of its own, and another linear map turns the products into output rows.
import type { Codelet, Value } from './codelet.js';

/** The map from input rows to planes; convolutions of several kernel lengths may share it. */
export interface ForwardTransform {
  /** Prefix of the functions it makes. */
  readonly name: string;
  /** Rows of a tile, `dilation` apart. */
  readonly inputs: number;
  readonly planes: number;
  forward(codelet: Codelet, rows: readonly Value[], store: (plane: number, value: Value) => void): void;
}

/** A whole convolution of one kernel length. */
export interface ConvTransform {
  /** Name of the exported kernel, before its channels. */
  readonly name: string;
  readonly forward: ForwardTransform;
  readonly kernel: number;
  /** Rows that a tile makes: inputs + 1 - kernel. */
  readonly outputs: number;
  /**
   * A plane that every output contains unchanged, if there is one: a bias added to it is added to all
   * outputs.
   */
  readonly constantPlane?: number;
  inverse(codelet: Codelet, planes: readonly Value[], store: (row: number, value: Value) => void): void;
}
