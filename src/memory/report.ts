// Measures where a program's memory is, layer by layer, as the memory guide draws it: runtime objects, native
// memory, audio, models and results, configuration; and around them the process, the machine and the
// container.
import type { BackendMemory } from '../backends/backend.js';
import type { ProcessMemory, RuntimeMemory } from '../host/contract.js';
import { host } from '../host/host.js';
import type { ArenaStats } from './arena.js';
import { type ContainerMemory, containerMemory, type SystemMemory, systemMemory } from './readings.js';

/** Figures of a cache. Hits, misses and evictions are counted since it was made. */
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

/** Layer 4: weights and results, kept so that they need not be loaded or computed again. */
export interface ModelCacheMemory {
  /** Bytes of the weights as loaded; shared by `weightsHolders` pipelines. */
  weightsBytes?: number;
  weightsHolders?: number;
  results?: ResultCacheStats;
}

/** Layer 5: settings, and their size serialised (as objects they are part of layer 1). */
export interface ConfigurationMemory {
  settings: Readonly<Record<string, unknown>>;
  serializedBytes: number;
}

/** All figures in bytes. A layer without a source, or that cannot be measured, is absent, never zero. */
export interface MemoryReport {
  /** Layer 1: what the JavaScript runtime holds. */
  runtime?: RuntimeMemory;
  /** Layer 2: what the backend holds outside the runtime. */
  native?: BackendMemory;
  /** Layer 3: the arena that samples are leased from. */
  audio?: ArenaStats;
  modelCache?: ModelCacheMemory;
  configuration?: ConfigurationMemory;
  process?: ProcessMemory;
  system?: SystemMemory;
  container?: ContainerMemory;
}

/** Where the figures come from; the layer of an absent source is absent. */
export interface MemorySources {
  native?: BackendMemory;
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
