// Registers the computation of our own layers as kernels of the TensorFlow.js engine, so that a result has
// the lifetime of any other tensor.
import type { Tensor, Tensor3D, TensorInfo } from '#tf';
import * as tf from '#tf';
import type { BackendWasm } from '#tf-wasm';

/**
 * A layer that computes in the backend's heap. `Inputs` are tensors by name, `Part` is the call's other
 * argument.
 */
export interface HeapLayer<Inputs, Part = undefined> {
  compute(backend: BackendWasm, inputs: Inputs, part: Part): TensorInfo;
}

/** Registers a kernel of that name for one engine name. */
export function registerLayerKernel(kernelName: string, engineName: string): void {
  tf.registerKernel({
    kernelName,
    backendName: engineName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { layer, part } = attrs as unknown as { layer: HeapLayer<unknown, unknown>; part: unknown };
      return layer.compute(backend as BackendWasm, inputs, part);
    },
  });
}

/** Runs a layer through the engine, which calls its `compute`. */
export function runLayer<Inputs, Part>(
  kernelName: string,
  layer: HeapLayer<Inputs, Part>,
  inputs: { [name in keyof Inputs]: Tensor },
  part?: Part,
): Tensor3D {
  return tf.engine().runKernel(kernelName, inputs as never, { layer, part } as never) as Tensor3D;
}
