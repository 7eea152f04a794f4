// libtensorflow in this process: loaded once, with settings that hold for the whole process, on the one
// TensorFlow.js core that all our backends share.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import util from 'node:util';
import { compileFunction } from 'node:vm';
import type { DataId, KernelBackend, KernelConfig, Tensor } from '#tf';
import * as tf from '#tf';
import { tfjs } from '#tf-node';
import { VoirsError } from '../../errors.js';
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

// Loads tfjs-node's own files with what they require replaced: they would bring a second TensorFlow.js of 300 MB, a
// download helper, and calls that Node 23 removed. A hook on Node's loader would reach the host's modules too.

const nodeRequire = createRequire(import.meta.url);
type Require = (name: string) => unknown;

/** A loader of CommonJS files with a cache of its own. */
export class CommonJsLoader {
  private readonly loaded = new Map<string, { exports: unknown }>();

  /**
   * @param replacements what `require` gives for a package's name, or for a relative path without its leading dots;
   * all else that is not relative must be Node's own.
   */
  constructor(private readonly replacements: ReadonlyMap<string, unknown>) {}

  /** What the file at an absolute path exports. */
  load(path: string): unknown {
    const before = this.loaded.get(path);
    if (before) return before.exports;
    const module = { exports: {} as unknown };
    this.loaded.set(path, module);
    const run = compileFunction(
      readFileSync(path, 'utf8'),
      ['exports', 'require', 'module', '__filename', '__dirname'],
      { filename: path },
    ) as (exports: unknown, require: Require, module: object, file: string, folder: string) => void;
    run(module.exports, (name) => this.require(name, dirname(path)), module, path, dirname(path));
    return module.exports;
  }

  private require(name: string, folder: string): unknown {
    const key = name.replace(/^(\.{1,2}\/)+/, '');
    if (this.replacements.has(key)) return this.replacements.get(key);
    if (!name.startsWith('.')) return nodeRequire(`node:${name}`);
    const path = join(folder, name);
    return this.load(existsSync(`${path}.js`) ? `${path}.js` : join(path, 'index.js'));
  }
}

// Counts the bytes of tensors that live in libtensorflow, which tells only how many there are.

/** The methods through which every tensor of tfjs-node's backend comes and goes. */
interface Doors {
  move(id: DataId, values: unknown, shape: number[], dtype: string, refCount: number): void;
  createOutputTensor(metadata: { shape: number[]; dtype: number; id: number }): {
    dataId: DataId;
    size: number;
  };
  disposeData(id: DataId, force?: boolean): boolean;
}

export class TensorBytes {
  /** Bytes alive now. Every type that the models use has 4 bytes. */
  alive = 0;
  private readonly sizes = new Map<DataId, number>();

  constructor(backend: KernelBackend) {
    const doors = backend as unknown as Doors;
    const { move, createOutputTensor, disposeData } = doors;
    doors.move = (id, values, shape, dtype, refCount) => {
      move.call(doors, id, values, shape, dtype, refCount);
      this.add(
        id,
        shape.reduce((product, n) => product * n, 1),
      );
    };
    doors.createOutputTensor = (metadata) => {
      const tensor = createOutputTensor.call(doors, metadata);
      this.add(tensor.dataId, tensor.size);
      return tensor;
    };
    doors.disposeData = (id, force) => {
      const isGone = disposeData.call(doors, id, force);
      if (isGone) this.remove(id);
      return isGone;
    };
  }

  private add(id: DataId, values: number): void {
    this.sizes.set(id, values * 4);
    this.alive += values * 4;
  }

  private remove(id: DataId): void {
    this.alive -= this.sizes.get(id) ?? 0;
    this.sizes.delete(id);
  }
}
