// Which lines of code hold memory: V8's sampling heap profiler before and after a piece of work, compared by site.
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
