// Which lines of code hold memory: V8's sampling heap profiler before and after a piece of work, compared by site.
import * as tf from '#tf';
import { VoirsError } from '../errors.js';
import type { HeapProfiler, HeapProfilerOptions, HeapSample, RuntimeMemory } from '../host/contract.js';
import { host } from '../host/host.js';

export interface AllocationProfileOptions {
  /** Run first, under the profiler: what it allocates is the `before` of each site. Default: nothing. */
  setup?: () => unknown;
  /** Sites listed, and operations where those are profiled too. Default 10. */
  top?: number;
  /** Mean bytes between samples, 64 or more: smaller is finer and slower. Default 16384. */
  samplingIntervalBytes?: number;
  /** Counts also what was collected again: all allocation instead of what is still held. Default false. */
  includeCollected?: boolean;
}

/** One place in the code. Bytes are estimates of the sampler. */
export interface AllocationSite {
  /**
   * `function file:line:column`; file paths are as the runtime knows them. What V8's optimiser has inlined counts for the
   * function that it was inlined into.
   */
  site: string;
  beforeBytes: number;
  afterBytes: number;
  deltaBytes: number;
}

export interface AllocationProfile<T> {
  /** What the work returned; held while the second snapshot was taken. */
  value: T;
  /** The sites that grew or shrank most, largest change first. */
  sites: AllocationSite[];
  /** The same for the runtime as a whole: typed arrays have their samples outside the heap, which sites cannot show. */
  before: RuntimeMemory;
  after: RuntimeMemory;
}

function siteOf({ functionName, url, lineNumber, columnNumber }: HeapSample['callFrame']): string {
  const file = url.startsWith('file:') ? decodeURIComponent(new URL(url).pathname) : url || '(native)';
  return `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}:${columnNumber + 1}`;
}

/** Bytes by site, callers left out: a site's own allocations only. */
function bytesBySite(root: HeapSample): Map<string, number> {
  const sums = new Map<string, number>();
  const open = [root];
  for (let node = open.pop(); node; node = open.pop()) {
    if (node.selfSize > 0) {
      const site = siteOf(node.callFrame);
      sums.set(site, (sums.get(site) ?? 0) + node.selfSize);
    }
    open.push(...node.children);
  }
  return sums;
}

/**
 * Runs `work` between two snapshots and lists the sites whose memory changed most.
 * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR where the runtime has no inspector, and whatever `work` throws.
 */
export async function profileAllocations<T>(
  work: () => T | Promise<T>,
  options: AllocationProfileOptions = {},
): Promise<AllocationProfile<T>> {
  const { setup, top = 10, samplingIntervalBytes = 16384, includeCollected = false } = options;
  if (!(samplingIntervalBytes >= 64)) {
    throw new VoirsError('INVALID_OPTIONS', 'samplingIntervalBytes is out of range', {
      got: String(samplingIntervalBytes),
      wanted: 'a number of 64 or more',
    });
  }
  const profiler = await open({ samplingIntervalBytes, includeCollected });
  // V8 collects first: garbage that happens not to be collected yet is not counted as held.
  const snapshot = async (): Promise<Map<string, number>> => bytesBySite(await profiler.sample());
  try {
    await setup?.();
    const before = await snapshot();
    const runtimeBefore = host.memory.runtime()!;
    const value = await work();
    const after = await snapshot();
    const runtimeAfter = host.memory.runtime()!;
    return { value, sites: changes(before, after).slice(0, top), before: runtimeBefore, after: runtimeAfter };
  } finally {
    profiler.stop();
  }
}

function changes(before: Map<string, number>, after: Map<string, number>): AllocationSite[] {
  const sites = [...new Set([...before.keys(), ...after.keys()])].map((site) => {
    const beforeBytes = before.get(site) ?? 0;
    const afterBytes = after.get(site) ?? 0;
    return { site, beforeBytes, afterBytes, deltaBytes: afterBytes - beforeBytes };
  });
  return sites.sort((a, b) => Math.abs(b.deltaBytes) - Math.abs(a.deltaBytes));
}

async function open(options: HeapProfilerOptions): Promise<HeapProfiler> {
  try {
    return await host.heapProfiler(options);
  } catch (cause) {
    throw new VoirsError('DEVICE_ERROR', 'This runtime has no heap profiler', {
      got: (cause as Error).message,
      wanted: 'a Node.js built with the inspector',
      cause,
    });
  }
}

// What each operation of the engine took while something ran: tf.profile's records, summed up as they come. The engine's
// own profile() keeps every record until the end and stays switched on when the work fails.

/** One kind of operation, over all its calls. */
export interface OperationUse {
  /** The kernel's name, such as `Add`; those of ours begin with `Voirs`. */
  name: string;
  calls: number;
  /** Of the tensors that the calls made, most of which were freed again at the end of their run. */
  bytes: number;
  /** Sum over the calls, as the backend times them; absent where it cannot. */
  milliseconds?: number;
}

/** Their results are views on their input's data; the engine counts its bytes again. */
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape']);

/** A record of tf.profile. */
type KernelRecord = ReturnType<typeof tf.engine>['state']['activeProfile']['kernels'][number];

/** Takes the place of the engine's list of records. */
class Tally extends Array<KernelRecord> {
  readonly uses = new Map<string, OperationUse>();
  peakBytes = 0;
  private readonly timings = new Set<Promise<void>>();

  override push(record: KernelRecord): number {
    this.peakBytes = Math.max(this.peakBytes, record.totalBytesSnapshot);
    if (record.name.endsWith('__op')) return 0; // a function that calls kernels, which are listed themselves
    const use = this.uses.get(record.name) ?? { name: record.name, calls: 0, bytes: 0 };
    use.calls++;
    if (!VIEWS.has(record.name)) use.bytes += record.bytesAdded;
    this.uses.set(record.name, use);
    const timing = Promise.resolve(record.kernelTimeMs).then((time) => {
      if (typeof time === 'number' && Number.isFinite(time))
        use.milliseconds = (use.milliseconds ?? 0) + time;
      this.timings.delete(timing);
    });
    this.timings.add(timing);
    return 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.timings);
  }
}

/**
 * Runs `work` and counts the operations of all backends meanwhile, whoever runs them; those with the most bytes first.
 * @returns `peakBytes`: most bytes of tensors alive after any operation, as tf.memory() counts: with views, with weights
 * that are tensors, without what a backend packs for itself.
 * @throws VoirsError INVALID_OPTIONS while another profile is taken, and whatever `work` throws.
 */
export async function profileOperations<T>(
  work: () => T | Promise<T>,
): Promise<{ value: T; operations: OperationUse[]; peakBytes: number }> {
  const { state } = tf.engine();
  if (state.profiling) {
    throw new VoirsError('INVALID_OPTIONS', 'TensorFlow.js is being profiled already', {
      suggestion: 'Take one profile after the other: the engine has one record',
    });
  }
  const tally = new Tally();
  tally.peakBytes = state.numBytes;
  state.activeProfile.kernels = tally;
  state.profiling = true;
  try {
    const value = await work();
    await tally.settled();
    const operations = [...tally.uses.values()].sort((a, b) => b.bytes - a.bytes || b.calls - a.calls);
    return { value, operations, peakBytes: tally.peakBytes };
  } finally {
    state.profiling = false;
    state.activeProfile.kernels = [];
  }
}

// Where the memory of a piece of work goes: the lines of JavaScript that hold it, beside the operations on the backend
// that made its tensors, whose memory V8 does not see.

export type MemoryProfileOptions = AllocationProfileOptions;

export interface MemoryProfile<T> extends AllocationProfile<T> {
  /** The operations that made the most tensor bytes, the largest first; times include what the profilers cost. */
  operations: OperationUse[];
  /** Most bytes of tensors alive at once, as tf.memory() counts them. */
  peakTensorBytes: number;
}

/**
 * Runs `work` between two snapshots: the sites of the code whose memory changed most, and the backend's operations.
 * @throws VoirsError INVALID_OPTIONS, also while another profile is taken; DEVICE_ERROR where the runtime has no
 * inspector; and whatever `work` throws.
 */
export async function profileMemoryUsage<T>(
  work: () => T | Promise<T>,
  options: MemoryProfileOptions = {},
): Promise<MemoryProfile<T>> {
  const { value: result, ...profile } = await profileAllocations(() => profileOperations(work), options);
  const { value, operations, peakBytes } = result;
  return {
    ...profile,
    value,
    operations: operations.slice(0, options.top ?? 10),
    peakTensorBytes: peakBytes,
  };
}
