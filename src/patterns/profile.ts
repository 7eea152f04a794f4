// Where the memory of a piece of work goes: the lines of JavaScript that hold it, from V8's sampling heap
// profiler, beside the operations on the backend that made its tensors, which V8 does not see.
import * as tf from '#tf';
import { optionNames, refuseNonFunctions, refuseUnknown, shown, VoirsError } from '../errors.js';
import type { HeapProfiler, HeapProfilerOptions, HeapSample, RuntimeMemory } from '../host/contract.js';
import { host } from '../host/host.js';
import { mustCount } from './speaker.js';

export interface MemoryProfileOptions {
  /** Run first, under the profiler: what it allocates is the `before` of each site. Default: nothing. */
  setup?: () => unknown;
  /** Most sites, and most operations, that are listed; 1 or more. Default 10. */
  top?: number;
  /** Mean bytes between samples, 64 or more: smaller is finer and slower. Default 16384. */
  samplingIntervalBytes?: number;
  /** Counts all that was allocated, also what was collected again. Default false: only what is still held. */
  includeCollected?: boolean;
}

const OPTIONS = optionNames<MemoryProfileOptions>({
  setup: true,
  top: true,
  samplingIntervalBytes: true,
  includeCollected: true,
});

/** One place in the code. Bytes are estimates of the sampler. */
export interface AllocationSite {
  /**
   * `function file:line:column`; file paths are as the runtime knows them. The allocations of a function that
   * V8's optimiser has inlined count for the function that it was inlined into.
   */
  site: string;
  beforeBytes: number;
  afterBytes: number;
  deltaBytes: number;
}

export interface AllocationProfile<T> {
  /** What the work returned; it is held while the second snapshot is taken. */
  value: T;
  /** The sites that grew or shrank most, largest change first. */
  sites: AllocationSite[];
  /**
   * The same for the runtime as a whole: typed arrays have their samples outside the heap, which sites cannot
   * show.
   */
  before: RuntimeMemory;
  after: RuntimeMemory;
}

/** One kind of operation, over all its calls. */
export interface OperationUse {
  /** The kernel's name, such as `Add`; voirs' own begin with `Voirs`. */
  name: string;
  calls: number;
  /** Bytes of the tensors that the calls made, most of which were freed at the end of their run. */
  bytes: number;
  /** Sum over the calls, as the backend times them; absent where it has no clock for that. */
  milliseconds?: number;
}

export interface MemoryProfile<T> extends AllocationProfile<T> {
  /**
   * The operations that made the most tensor bytes, the largest first; times include what the profilers cost.
   */
  operations: OperationUse[];
  /** Most bytes of tensors alive at once, as tf.memory() counts them. */
  peakTensorBytes: number;
}

/**
 * Runs `work` between two snapshots: the sites of the code whose memory changed most, and the backend's
 * operations.
 * @throws VoirsError INVALID_OPTIONS, also while another profile is taken; DEVICE_ERROR where the runtime has
 * no inspector; and what `work` throws.
 */
export async function profileMemoryUsage<T>(
  work: () => T | Promise<T>,
  options: MemoryProfileOptions = {},
): Promise<MemoryProfile<T>> {
  refuseNonFunctions({ work: work ?? null });
  const { value: result, ...profile } = await profileAllocations(() => profileOperations(work), options);
  const { value, operations, peakBytes } = result;
  return {
    ...profile,
    value,
    operations: operations.slice(0, options.top ?? 10),
    peakTensorBytes: peakBytes,
  };
}

/**
 * Runs `work` between two snapshots and lists the sites whose memory changed most.
 * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR where the runtime has no inspector, and what `work`
 * throws.
 */
async function profileAllocations<T>(
  work: () => T | Promise<T>,
  options: MemoryProfileOptions = {},
): Promise<AllocationProfile<T>> {
  refuseUnknown(options, OPTIONS, 'profileMemoryUsage');
  const { setup, top = 10, samplingIntervalBytes = 16384, includeCollected = false } = options;
  refuseNonFunctions({ setup });
  mustCount(top, 'top');
  if (!(typeof samplingIntervalBytes === 'number' && samplingIntervalBytes >= 64)) {
    throw new VoirsError('INVALID_OPTIONS', 'samplingIntervalBytes is out of range', {
      got: shown(samplingIntervalBytes),
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

/** Kernels whose results are views on their input's data, whose bytes the engine counts again. */
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape']);

/** A record of tf.profile. */
type KernelRecord = ReturnType<typeof tf.engine>['state']['activeProfile']['kernels'][number];

/**
 * Takes the place of the engine's list of records and sums them up as they come: the engine's own profile()
 * keeps every record until the end, and stays switched on when the work fails.
 */
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
 * Runs `work` and counts all operations of all backends meanwhile; those with the most bytes stand first.
 * @returns `peakBytes`: most bytes of tensors alive after any operation, as tf.memory() counts: with views,
 * with weights that are tensors, without what a backend packs for itself.
 * @throws VoirsError INVALID_OPTIONS while another profile is taken, and what `work` throws.
 */
async function profileOperations<T>(
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
