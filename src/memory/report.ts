// Where a program's memory is, layer by layer, as the memory guide draws it: runtime objects, native memory, audio,
// models and results, configuration; and around them the process, the machine and the container.
import type { ProcessMemory, RuntimeMemory } from '../host/contract.js';
import { host } from '../host/host.js';
import type { ArenaStats } from './arena.js';
import { type ContainerMemory, containerMemory, type SystemMemory, systemMemory } from './readings.js';

/** Layer 2: what a backend holds outside the runtime. A figure that cannot be measured there is absent. */
export interface NativeMemory {
  /** Size of the WebAssembly heap. */
  wasmHeapBytes?: number;
  /** Of it, the buffers that kernels work in. */
  kernelScratchBytes?: number;
  /** Bytes of tensors on the backend, weights included. */
  tensorBytes?: number;
  /** Allocated by a native library. */
  libraryBytes?: number;
  /** On the graphics device. */
  vramBytes?: number;
}

/** Figures of a cache. Hits, misses and evictions count from its making. */
export interface ResultCacheStats {
  entries: number;
  bytes: number;
  maxEntries: number;
  /** Absent: no limit. */
  maxBytes?: number;
  hits: number;
  misses: number;
  /** Entries dropped to make room; `clear` and `delete` do not count. */
  evictions: number;
  /** Hits per look-up, 0-1; absent before the first. */
  hitRate?: number;
}

/** Layer 4: what is kept so that it need not be loaded or computed again. */
export interface ModelCacheMemory {
  /** Weights as loaded; shared by `weightsHolders` pipelines. */
  weightsBytes?: number;
  weightsHolders?: number;
  results?: ResultCacheStats;
}

/** Layer 5: settings, and their size serialised (as objects they are part of layer 1). */
export interface ConfigurationMemory {
  settings: Readonly<Record<string, unknown>>;
  serializedBytes: number;
}

/** All figures in bytes; layers that were not asked of anyone, or cannot be measured, are absent, never zero. */
export interface MemoryReport {
  /** Layer 1: what the JavaScript runtime holds. */
  runtime?: RuntimeMemory;
  native?: NativeMemory;
  audio?: ArenaStats;
  modelCache?: ModelCacheMemory;
  configuration?: ConfigurationMemory;
  process?: ProcessMemory;
  system?: SystemMemory;
  container?: ContainerMemory;
}

/** Whom to ask; anything may be left out, and its layer is then absent. */
export interface MemorySources {
  native?: NativeMemory;
  arena?: { stats(): ArenaStats };
  weights?: { bytes?: number; holders?: number };
  results?: { stats(): ResultCacheStats };
  settings?: object;
}

/** The fields that have a value; undefined when none has. */
function measured<T extends object>(figures: T): T | undefined {
  const known = Object.entries(figures).filter(([, value]) => value !== undefined);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as T);
}

function optional<K extends string, V>(name: K, value: V | undefined): { [name in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [name in K]: V });
}

/** Measures now. */
export function memoryReport(sources: MemorySources = {}): MemoryReport {
  const { native, arena, weights, results, settings } = sources;
  return {
    ...optional('runtime', host.memory.runtime()),
    ...optional('native', native && measured(native)),
    ...optional('audio', arena?.stats()),
    ...optional(
      'modelCache',
      measured({
        weightsBytes: weights?.bytes,
        weightsHolders: weights?.holders,
        results: results?.stats(),
      }) as ModelCacheMemory | undefined,
    ),
    ...optional('configuration', settings && configurationMemory(settings)),
    ...optional('process', host.memory.process()),
    ...optional('system', systemMemory()),
    ...optional('container', containerMemory()),
  };
}

function configurationMemory(settings: object): ConfigurationMemory {
  const json = JSON.stringify(settings);
  return {
    settings: JSON.parse(json) as Record<string, unknown>,
    serializedBytes: new TextEncoder().encode(json).length,
  };
}
