// libtensorflow in this process: loaded once, with settings that hold for the whole process, on the one
// TensorFlow.js core that all our backends share.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import type { KernelBackend, KernelConfig, Tensor } from '#tf';
import * as tf from '#tf';
import { tfjs } from '#tf-node';
import { VoirsError } from '../../errors.js';
import { CommonJsLoader } from './commonjs.js';
import { type BindingPlace, findBinding } from './place.js';

/** One attribute of a TensorFlow operation. */
export interface OpAttribute {
  name: string;
  type: number;
  value: unknown;
}

/** The add-on, as far as we call it ourselves; its tensors are numbered handles. */
export interface Binding {
  readonly TF_Version: string;
  readonly TF_FLOAT: number;
  readonly TF_INT32: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_STRING: number;
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
}

/** tfjs-node's NodeJSKernelBackend. */
export interface NodeBackend extends KernelBackend {
  readonly binding: Binding;
  readonly isUsingGpuDevice: boolean;
  executeSingleOutput(name: string, attributes: OpAttribute[], inputs: readonly Tensor[]): Tensor;
  /** Handles alive in libtensorflow, over all backends of the process. */
  getNumOfTFTensors(): number;
}

/** libtensorflow, loaded. */
export interface Tensorflow {
  readonly place: BindingPlace;
  readonly binding: Binding;
  /** Threads of one operation; one number for the whole process. */
  readonly threads: number;
  /** A backend for the engine, with every kernel of tfjs-node registered under its name. */
  createBackend(engineName: string): NodeBackend;
}

/** Unless the user has set them. Kept after loading: libtensorflow reads some at its first operation. */
const ENVIRONMENT = {
  // A GPU's memory is taken as it is needed, not all at once.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  // Exact float32 in matrix products and convolutions on Ampere and later.
  NVIDIA_TF32_OVERRIDE: '0',
  TF_CPP_MIN_LOG_LEVEL: '2',
  // One operation at a time; it may use all threads.
  TF_NUM_INTEROP_THREADS: '1',
};

let loaded: Tensorflow | undefined;

/** Threads that libtensorflow runs in this process, or undefined before it is loaded. */
export function threadsInForce(): number | undefined {
  return loaded?.threads;
}

/**
 * Loads libtensorflow, or gives what is loaded: its number of threads is that of the first call.
 * @throws VoirsError DEVICE_ERROR that says which step of the set-up is missing, or why the library does not load.
 */
export function loadTensorflow(threads: number): Tensorflow {
  if (loaded) return loaded;
  const place = findBinding();
  if ('missing' in place) {
    throw new VoirsError('DEVICE_ERROR', 'The tensorflow backend cannot run here', { got: place.missing });
  }
  for (const [name, value] of Object.entries(ENVIRONMENT)) process.env[name] ??= value;
  process.env.TF_NUM_INTRAOP_THREADS ??= String(threads);
  try {
    const binding = createRequire(import.meta.url)(place.addon) as Binding;
    loaded = {
      place,
      binding,
      threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || threads,
      createBackend: backendFactory(place.scripts, binding),
    };
    return loaded;
  } catch (cause) {
    throw new VoirsError('DEVICE_ERROR', 'libtensorflow does not load', {
      got: (cause as Error).message,
      suggestion: place.origin.startsWith('voirs')
        ? 'Run `npx voirs setup tensorflow --force` to build it anew'
        : `It was built for ${place.origin}; run \`npx voirs setup tensorflow\` for one that fits`,
      cause,
    });
  }
}

type BackendClass = new (binding: Binding, packageName: string) => NodeBackend;

/** tfjs-node's classes and kernels, on our core: its own files, unchanged. */
function backendFactory(scripts: string, binding: Binding): Tensorflow['createBackend'] {
  const kernels: KernelConfig[] = [];
  // Its classes are compiled to functions, which cannot extend a class by calling it.
  function KernelBackendBase(): void {}
  KernelBackendBase.prototype = tf.KernelBackend.prototype;
  const core = {
    ...tfjs,
    KernelBackend: KernelBackendBase,
    registerKernel: (kernel: KernelConfig) => kernels.push(kernel),
    // It looks for itself under its own name to find the binding.
    findBackend: () => ({ binding }),
    getBackend: () => 'tensorflow',
  };
  const loader = new CommonJsLoader(
    new Map<string, unknown>([
      ['@tensorflow/tfjs', core],
      ['@tensorflow/tfjs-core', core],
      // Removed in Node 23.
      ['util', { ...util, isArray: Array.isArray, isNullOrUndefined: (x: unknown) => x == null }],
      // Protocol buffers of TensorBoard's event files.
      ['proto/api_pb', {}],
    ]),
  );
  const { NodeJSKernelBackend } = loader.load(join(scripts, 'nodejs_kernel_backend.js')) as {
    NodeJSKernelBackend: BackendClass;
  };
  loader.load(join(scripts, 'register_all_kernels.js'));
  return (engineName) => {
    for (const kernel of kernels) tf.registerKernel({ ...kernel, backendName: engineName });
    return new NodeJSKernelBackend(binding, 'voirs');
  };
}
