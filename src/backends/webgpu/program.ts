// Runs our WGSL kernels through the TensorFlow.js engine, so that a result has the lifetime of any other
// tensor.
import type { Tensor, TensorInfo } from '#tf';
import * as tf from '#tf';
import type { WebGPUBackend, WebGPUProgram } from '#tf-webgpu';

const KERNEL_NAME = 'VoirsProgram';

/**
 * Threads of a workgroup in all our kernels: every adapter allows as many, and it is a multiple of every
 * wave's width.
 */
export const THREADS = 64;

/** An array that a kernel reads: in the shader `array<T>`, T being a scalar or a vector of `components`. */
export interface Input {
  tensor: Tensor;
  components: 1 | 2 | 4;
}

/** One dispatch of a kernel. */
export interface Dispatch {
  /** Identifies the text that `code` returns: one key and inputs of the same kinds mean the same text. */
  key: string;
  /** WGSL with `fn main(index: i32)`; inputs, `result` and `uniforms` are declared around it. */
  code: () => string;
  inputs: Readonly<Record<string, Input>>;
  /** Numbers that the kernel reads as `uniforms.name`; other values need no new shader. */
  uniforms: Readonly<Record<string, { type: 'i32' | 'f32'; value: number }>>;
  outputShape: number[];
  outputComponents: 1 | 4;
  workgroups: number;
}

interface Attributes {
  program: WebGPUProgram;
  uniforms: { type: 'int32' | 'float32'; data: number[] }[];
}

/** Registers our programs as a kernel of the engine. */
export function registerProgramKernel(engineName: string): void {
  tf.registerKernel({
    kernelName: KERNEL_NAME,
    backendName: engineName,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { program, uniforms } = attrs as unknown as Attributes;
      // Flat arrays, as our shaders read them: TensorFlow.js compiles a shader again for each way in which
      // the shapes of the inputs match that of the result, and those of a chunk match in other ways than
      // those of a whole utterance.
      const tensors = (Object.values(inputs) as TensorInfo[]).map(({ dataId, shape, dtype }) => ({
        dataId,
        shape: [shape.reduce((product, n) => product * n, 1)],
        dtype,
      }));
      return (backend as WebGPUBackend).runWebGPUProgram(program, tensors, 'float32', uniforms);
    },
  });
}

/** Queues one dispatch; its result is a tensor of the current scope. */
export function dispatch(call: Dispatch): Tensor {
  const names = Object.keys(call.inputs);
  const uniforms = Object.entries(call.uniforms);
  const program: WebGPUProgram = {
    outputShape: call.outputShape,
    shaderKey: `voirs ${call.key}`,
    // One flat axis: the backend folds it where it is longer than the device allows (65535).
    dispatchLayout: { x: call.outputShape.map((_, axis) => axis) },
    dispatch: [call.workgroups, 1, 1],
    workgroupSize: [THREADS, 1, 1],
    variableNames: names,
    variableComponents: names.map((name) => call.inputs[name]!.components),
    outputComponent: call.outputComponents,
    uniforms: uniforms.map(([name, { type }]) => `${name} : ${type},`).join(' '),
    getUserCode: call.code,
  };
  const attributes: Attributes = {
    program,
    uniforms: uniforms.map(([, { type, value }]) => ({
      type: type === 'i32' ? 'int32' : 'float32',
      data: [value],
    })),
  };
  const tensors = Object.fromEntries(names.map((name) => [name, call.inputs[name]!.tensor]));
  return tf.engine().runKernel(KERNEL_NAME, tensors as never, attributes as never) as Tensor;
}
