// What onnxruntime-web and onnxruntime-node have in common: onnxruntime's JavaScript API, behind our Rival
// interface.
import type { RivalSession, RivalTensors } from './rival.js';

interface OrtTensor {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
  dispose(): void;
}

interface OrtSession {
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
  release(): Promise<void>;
}

/**
 * The part of onnxruntime's API that is used; the packages are no dependencies, so their types are missing.
 */
export interface Ort {
  env: {
    versions: Record<string, string | undefined>;
    wasm: { numThreads?: number; wasmPaths?: string };
    logLevel?: string;
  };
  InferenceSession: { create(model: Uint8Array | string, options: object): Promise<OrtSession> };
  Tensor: new (
    type: 'float32' | 'int64',
    data: Float32Array | BigInt64Array,
    dims: readonly number[],
  ) => OrtTensor;
}

/** A loaded ONNX file as a RivalSession. The caller owns the outputs: no run reuses them. */
export function rivalSession(ort: Ort, session: OrtSession): RivalSession {
  return {
    async run(inputs: RivalTensors): Promise<RivalTensors> {
      const feeds: Record<string, OrtTensor> = {};
      for (const [name, { data, dims }] of Object.entries(inputs)) {
        feeds[name] = new ort.Tensor(data instanceof BigInt64Array ? 'int64' : 'float32', data, dims);
      }
      const results = await session.run(feeds);
      const outputs: RivalTensors = {};
      for (const [name, tensor] of Object.entries(results)) {
        outputs[name] = { data: tensor.data, dims: tensor.dims };
      }
      return outputs;
    },
    dispose: () => session.release(),
  };
}
