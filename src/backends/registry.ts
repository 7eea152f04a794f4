// The backends by name, the one that an automatic choice takes, and one shared instance of each: all
// pipelines on a backend use one engine, and the last release frees it.
import { shown, VoirsError } from '../errors.js';
import type { Backend, BackendOptions, BackendPlugin } from './backend.js';
import { type Candidate, fastest } from './fastest.js';
import { SharedMap } from './shared-map.js';

const plugins = new Map<string, () => Promise<BackendPlugin>>();
const instances = new SharedMap<Backend>();

/**
 * Backends in the order in which an automatic choice tries them where no GPU is wanted or found; it measures
 * none.
 */
const AUTOMATIC = ['wasm', 'cpu'];

/**
 * Registers a backend under a name; its module is loaded on first use.
 * @throws VoirsError INVALID_OPTIONS when the name is taken.
 */
export function registerBackend(name: string, load: () => Promise<BackendPlugin>): void {
  if (plugins.has(name)) {
    throw new VoirsError('INVALID_OPTIONS', 'A backend of that name is already registered', { got: name });
  }
  plugins.set(name, load);
}

registerBackend('wasm', async () => (await import('./wasm/backend.js')).wasmPlugin);
registerBackend('webgpu', async () => (await import('./webgpu/backend.js')).webgpuPlugin);
registerBackend('cpu', async () => (await import('./cpu.js')).cpuPlugin);
registerBackend('tensorflow', async () => (await import('./tensorflow/backend.js')).tensorflowPlugin);

/** Names of all registered backends. */
export function backendNames(): string[] {
  return [...plugins.keys()];
}

/** @throws VoirsError DEVICE_ERROR for a name that is not registered. */
export async function backendPlugin(name: string): Promise<BackendPlugin> {
  const load = plugins.get(name);
  if (!load) {
    throw new VoirsError('DEVICE_ERROR', 'There is no such backend', {
      got: shown(name),
      wanted: ['auto', ...plugins.keys()].join(', '),
    });
  }
  return load();
}

/** A hold on a shared backend instance. */
export interface BackendHold {
  readonly backend: Backend;
  /** Why an automatic choice took this one; undefined when it was asked for by name. */
  readonly choice: string | undefined;
  /** Why there are now fewer threads than were asked for, where the host or a lost worker is the cause. */
  threadsReason(): string | undefined;
  /** Releases the hold; resolves when the backend has been freed, if this was the last hold on it. */
  release(): Promise<void>;
}

/** Options that a backend is acquired with. */
export interface AcquireOptions extends BackendOptions {
  /** Whether an automatic choice looks for a GPU and takes it where it is faster than the processor. */
  useGpu?: boolean;
}

/**
 * The named backend, shared between callers with equal options. `auto` gives the first of wasm and cpu that
 * loads here; with `useGpu` it gives the fastest of wasm and the backends that find a GPU.
 * @throws VoirsError DEVICE_ERROR when it cannot be loaded.
 */
export async function acquireBackend(
  name: string,
  { useGpu = false, ...options }: AcquireOptions,
): Promise<BackendHold> {
  if (name !== 'auto') return { ...(await acquire(name, options)), choice: undefined };
  const reasons: string[] = [];
  const onGpu = useGpu ? await gpuCandidates(reasons) : [];
  if (onGpu.length > 0) {
    const candidates = [{ name: AUTOMATIC[0]! }, ...onGpu];
    const found = await fastest(candidates, options.numThreads, (one) => acquire(one, options), reasons);
    if (found) return { ...found.hold, choice: [found.choice, ...reasons].join('; ') };
  }
  for (const candidate of AUTOMATIC) {
    try {
      const hold = await acquire(candidate, options);
      return {
        ...hold,
        choice: [`${candidate} is the first backend that loads here`, ...reasons].join('; '),
      };
    } catch (error) {
      reasons.push(`${candidate}: ${(error as Error).message}`);
    }
  }
  throw new VoirsError('DEVICE_ERROR', 'No backend can be loaded here', { got: reasons.join('; ') });
}

/** Backends that would run on a GPU here; the reasons against the others are added to `reasons`. */
async function gpuCandidates(reasons: string[]): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  for (const name of plugins.keys()) {
    if (AUTOMATIC.includes(name)) continue;
    try {
      const found = await (await backendPlugin(name)).probe();
      if (!found.available) reasons.push(`${name}: ${found.reason}`);
      else if (found.gpu === undefined) reasons.push(`${name}: without a GPU here`);
      else candidates.push({ name, gpu: found.gpu });
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`);
    }
  }
  return candidates;
}

async function acquire(name: string, options: BackendOptions): Promise<Omit<BackendHold, 'choice'>> {
  const plugin = await backendPlugin(name);
  const numThreads = Math.min(options.numThreads, plugin.maxThreads);
  const { value, release } = await instances.acquire(`${name}/${numThreads}`, {
    load: () => plugin.create({ numThreads }),
    // Disposed after the jobs that are still queued.
    free: (backend) => backend.queue.run(() => backend.dispose()),
    isLost: (backend) => backend.lostReason !== undefined,
  });
  const reason = options.numThreads > plugin.maxThreads ? plugin.maxThreadsReason : undefined;
  return { backend: value, threadsReason: () => reason ?? value.threadsReason, release };
}
