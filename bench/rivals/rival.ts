// The interface of every rival engine, so that a bench loops over them.
import type { Unavailable } from '../lib/unavailable.js';

/** A value of a rival's graph; `dims` as in the ONNX file. int64 values are BigInt64Array. */
export interface RivalTensor {
  data: Float32Array | BigInt64Array;
  dims: readonly number[];
}

/** Values by the names the ONNX file gives its inputs or outputs. */
export type RivalTensors = Record<string, RivalTensor>;

/** One ONNX file, loaded. */
export interface RivalSession {
  run(inputs: RivalTensors): Promise<RivalTensors>;
  dispose(): Promise<void>;
}

/** How a session computes. */
export interface RivalOptions {
  /** Threads of one operator; operators run one after another. */
  threads: number;
}

/** An engine that runs ONNX files. */
export interface Rival {
  name: string;
  version: string;
  /** @throws Error where this engine cannot use that many threads here, saying why. */
  load(onnxPath: string, options: RivalOptions): Promise<RivalSession>;
}

/** Installs (on demand) and opens a rival. @returns the reason where that is not possible here. */
export type OpenRival = () => Promise<Rival | Unavailable>;
