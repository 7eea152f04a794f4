// Loads libtensorflow, once in a process and with settings that hold for the whole process, through
// tfjs-node's add-on and own files, on the one TensorFlow.js core that all our backends share.
import fs, { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path, { dirname, join } from 'node:path';
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

/** The part of the add-on that we call ourselves; its tensors are numbered handles. */
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

/**
 * Set before loading unless the user has set them, and left set: libtensorflow reads some at its first
 * operation.
 */
const TENSORFLOW_ENVIRONMENT = {
  // Takes a GPU's memory as it is needed, not all at once.
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  // Exact float32 in matrix products and convolutions on Ampere and later.
  NVIDIA_TF32_OVERRIDE: '0',
  TF_CPP_MIN_LOG_LEVEL: '2',
  // One operation runs at a time and may use all threads.
  TF_NUM_INTEROP_THREADS: '1',
};

let loaded: Tensorflow | undefined;

/** Number of threads that libtensorflow uses in this process; undefined before it is loaded. */
export function threadsInForce(): number | undefined {
  return loaded?.threads;
}

/**
 * Loads libtensorflow, or returns what is loaded; the number of threads is that of the first call.
 * @throws VoirsError DEVICE_ERROR that says which step of the set-up is missing, or why the library does not
 * load.
 */
export function loadTensorflow(threads: number): Tensorflow {
  if (loaded) return loaded;
  const place = findBinding();
  if ('missing' in place) {
    throw new VoirsError('DEVICE_ERROR', 'The tensorflow backend cannot run here', { got: place.missing });
  }
  for (const [name, value] of Object.entries(TENSORFLOW_ENVIRONMENT)) process.env[name] ??= value;
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
        ? 'Run `npx voirs setup tensorflow --force` to build it again'
        : `It was built for ${place.origin}; run \`npx voirs setup tensorflow\` for one that fits`,
      cause,
    });
  }
}

type BackendClass = new (binding: Binding, packageName: string) => NodeBackend;

/** Makes backends of tfjs-node's classes and kernels, from its own unchanged files, on our core. */
function backendFactory(scripts: string, binding: Binding): Tensorflow['createBackend'] {
  const kernels: KernelConfig[] = [];
  // tfjs-node's classes are compiled to functions, which can extend a function only.
  function KernelBackendBase(): void {}
  KernelBackendBase.prototype = tf.KernelBackend.prototype;
  const core = {
    ...tfjs,
    KernelBackend: KernelBackendBase,
    registerKernel: (kernel: KernelConfig) => kernels.push(kernel),
    // tfjs-node looks up its own backend by name to find the binding.
    findBackend: () => ({ binding }),
    getBackend: () => 'tensorflow',
  };
  const loader = new CommonJsLoader(
    new Map<string, unknown>([
      ['@tensorflow/tfjs', core],
      ['@tensorflow/tfjs-core', core],
      // Node 23 removed these two functions.
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

type Require = (name: string) => unknown;

/**
 * Node's modules that tfjs-node's files ask for, by name: a bundler of the program must know every name in
 * advance.
 */
const NODE_MODULES: Readonly<Record<string, unknown>> = { fs, os, path, util };

/**
 * Loads tfjs-node's own files, with a cache of its own and with what they require replaced: unchanged they
 * would load a second TensorFlow.js of 300 MB, a download helper, and functions that Node 23 removed. A hook
 * on Node's loader would change the program's modules too.
 */
export class CommonJsLoader {
  private readonly loaded = new Map<string, { exports: unknown }>();

  /**
   * @param replacements what `require` returns for a package's name, or for a relative path without its
   * leading dots. Any other name that is not relative must be one of Node's modules.
   */
  constructor(private readonly replacements: ReadonlyMap<string, unknown>) {}

  /**
   * The exports of the file at an absolute path.
   * @throws Error when it requires a module that is not known here.
   */
  load(file: string): unknown {
    const before = this.loaded.get(file);
    if (before) return before.exports;
    const module = { exports: {} as unknown };
    this.loaded.set(file, module);
    const run = compileFunction(
      readFileSync(file, 'utf8'),
      ['exports', 'require', 'module', '__filename', '__dirname'],
      { filename: file },
    ) as (exports: unknown, require: Require, module: object, file: string, folder: string) => void;
    const folder = dirname(file);
    run(module.exports, (name) => this.require(name, folder), module, file, folder);
    return module.exports;
  }

  private require(name: string, folder: string): unknown {
    const key = name.replace(/^(\.{1,2}\/)+/, '');
    if (this.replacements.has(key)) return this.replacements.get(key);
    if (name in NODE_MODULES) return NODE_MODULES[name];
    if (!name.startsWith('.'))
      throw new Error(`a file of tfjs-node requires ${name}, which voirs does not load`);
    const file = join(folder, name);
    return this.load(existsSync(`${file}.js`) ? `${file}.js` : join(file, 'index.js'));
  }
}

/** The methods of tfjs-node's backend that create or dispose a tensor. */
interface TensorMethods {
  move(id: DataId, values: unknown, shape: number[], dtype: string, refCount: number): void;
  createOutputTensor(metadata: { shape: number[]; dtype: number; id: number }): {
    dataId: DataId;
    size: number;
  };
  disposeData(id: DataId, force?: boolean): boolean;
}

/** Counts the bytes of tensors in libtensorflow, which itself counts only tensors. */
export class TensorBytes {
  /** Bytes alive now; every type that the models use has 4 bytes. */
  alive = 0;
  private readonly sizes = new Map<DataId, number>();

  constructor(backend: KernelBackend) {
    const methods = backend as unknown as TensorMethods;
    const { move, createOutputTensor, disposeData } = methods;
    methods.move = (id, values, shape, dtype, refCount) => {
      move.call(methods, id, values, shape, dtype, refCount);
      this.add(
        id,
        shape.reduce((product, n) => product * n, 1),
      );
    };
    methods.createOutputTensor = (metadata) => {
      const tensor = createOutputTensor.call(methods, metadata);
      this.add(tensor.dataId, tensor.size);
      return tensor;
    };
    methods.disposeData = (id, force) => {
      const isGone = disposeData.call(methods, id, force);
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
