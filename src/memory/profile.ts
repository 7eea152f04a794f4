// Which lines of code hold memory: V8's sampling heap profiler before and after a piece of work, compared by site.
import type { HeapProfiler, Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { VoirsError } from '../errors.js';
import { type RuntimeMemory, runtimeMemory } from './report.js';

export interface MemoryProfileOptions {
  /** Run first, under the profiler: what it allocates is the `before` of each site. Default: nothing. */
  setup?: () => unknown;
  /** Sites listed. Default 10. */
  top?: number;
  /** Mean bytes between samples, 64 or more: smaller is finer and slower. Default 16384. */
  samplingIntervalBytes?: number;
  /** Counts also what was collected again: all allocation instead of what is still held. Default false. */
  includeCollected?: boolean;
}

/** One place in the code. Bytes are estimates of the sampler. */
export interface AllocationSite {
  /** `function file:line:column`; file paths are as the runtime knows them. */
  site: string;
  beforeBytes: number;
  afterBytes: number;
  deltaBytes: number;
}

export interface MemoryProfile<T> {
  /** What the work returned; held while the second snapshot was taken. */
  value: T;
  /** The sites that grew or shrank most, largest change first. */
  sites: AllocationSite[];
  /** The same for the runtime as a whole: typed arrays have their samples outside the heap, which sites cannot show. */
  before: RuntimeMemory;
  after: RuntimeMemory;
}

type Node = HeapProfiler.SamplingHeapProfileNode;

function siteOf({ functionName, url, lineNumber, columnNumber }: Node['callFrame']): string {
  const file = url.startsWith('file:') ? fileURLToPath(url) : url || '(native)';
  return `${functionName || '(anonymous)'} ${file}:${lineNumber + 1}:${columnNumber + 1}`;
}

/** Bytes by site, callers left out: a site's own allocations only. */
function bytesBySite(root: Node): Map<string, number> {
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

async function snapshot(session: Session): Promise<Map<string, number>> {
  // V8 collects first: garbage that happens not to be collected yet is not counted as held.
  const { profile } = await session.post('HeapProfiler.getSamplingProfile');
  return bytesBySite(profile.head);
}

/**
 * Runs `work` between two snapshots and lists the sites whose memory changed most.
 * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR where the runtime has no inspector, and whatever `work` throws.
 */
export async function profileMemoryUsage<T>(
  work: () => T | Promise<T>,
  options: MemoryProfileOptions = {},
): Promise<MemoryProfile<T>> {
  const { setup, top = 10, samplingIntervalBytes = 16384, includeCollected = false } = options;
  if (!(samplingIntervalBytes >= 64)) {
    throw new VoirsError('INVALID_OPTIONS', 'samplingIntervalBytes is out of range', {
      got: String(samplingIntervalBytes),
      wanted: 'a number of 64 or more',
    });
  }
  const session = await openSession();
  try {
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: samplingIntervalBytes,
      includeObjectsCollectedByMajorGC: includeCollected,
      includeObjectsCollectedByMinorGC: includeCollected,
    } as HeapProfiler.StartSamplingParameterType);
    await setup?.();
    const before = await snapshot(session);
    const runtimeBefore = runtimeMemory();
    const value = await work();
    const after = await snapshot(session);
    const runtimeAfter = runtimeMemory();
    return { value, sites: changes(before, after).slice(0, top), before: runtimeBefore, after: runtimeAfter };
  } finally {
    session.disconnect(); // ends the sampling too
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

async function openSession(): Promise<Session> {
  try {
    // Loaded when first needed: it is heavy, and some builds of Node are without it.
    const { Session } = await import('node:inspector/promises');
    const session = new Session();
    session.connect();
    return session;
  } catch (cause) {
    throw new VoirsError('DEVICE_ERROR', 'This runtime has no heap profiler', {
      got: (cause as Error).message,
      wanted: 'a Node.js built with the inspector',
      cause,
    });
  }
}
