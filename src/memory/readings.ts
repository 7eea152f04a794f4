// Reads memory figures from the operating system: the process, the machine, and the container around it.
// Bytes; a figure that cannot be read is absent.
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';

/** The machine. */
export interface SystemMemory {
  totalBytes: number;
  /** That programs can still take without swapping. */
  availableBytes: number;
}

/** The limit set on this process's control group, the tightest of its ancestors. */
export interface ContainerMemory {
  limitBytes: number;
  /**
   * In use by the group, without file cache that the kernel gives back under pressure; absent when not
   * readable.
   */
  usedBytes?: number;
}

function join(...parts: string[]): string {
  return parts.join('/').replace(/\/{2,}/g, '/');
}

function textOf(...path: string[]): string | undefined {
  return host.files.systemText(join(...path));
}

/** The integer a kernel file holds; undefined for anything else (`max`, an empty file). */
function bytesIn(text: string | undefined): number | undefined {
  const match = text?.match(/^\s*(\d+)\s*$/);
  return match ? Number(match[1]) : undefined;
}

/** Undefined in a browser. @param root where the system's files begin; another folder in tests. */
export function systemMemory(root = '/'): SystemMemory | undefined {
  const info = textOf(root, 'proc', 'meminfo');
  const field = (name: string): number | undefined => {
    const match = info?.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm'));
    return match ? Number(match[1]) * 1024 : undefined;
  };
  // MemFree alone leaves out the file cache, which is there for the taking.
  const machine = host.memory.machine();
  const totalBytes = field('MemTotal') ?? machine?.totalBytes;
  const availableBytes = field('MemAvailable') ?? machine?.freeBytes;
  return totalBytes === undefined || availableBytes === undefined
    ? undefined
    : { totalBytes, availableBytes };
}

interface Hierarchy {
  folder: string[];
  limit: string;
  used: string;
  reclaimable: string;
}

const V2: Hierarchy = {
  folder: ['sys', 'fs', 'cgroup'],
  limit: 'memory.max',
  used: 'memory.current',
  reclaimable: 'inactive_file',
};
const V1: Hierarchy = {
  folder: ['sys', 'fs', 'cgroup', 'memory'],
  limit: 'memory.limit_in_bytes',
  used: 'memory.usage_in_bytes',
  reclaimable: 'total_inactive_file',
};

/** A group and its ancestors up to the root. A container with a namespace of its own sees only the root. */
function ancestors(group: string): string[] {
  const parts = group.split('/').filter((part) => part !== '' && part !== '..');
  return [...parts.map((_, i) => parts.slice(0, parts.length - i).join('/')), ''];
}

/**
 * The container's limit, from control groups version 2 or 1; absent when there is none.
 * @param root where the system's files begin; another folder in tests.
 */
export function containerMemory(root = '/'): ContainerMemory | undefined {
  const groups = textOf(root, 'proc', 'self', 'cgroup');
  if (groups === undefined) return undefined;
  const totalBytes = systemMemory(root)?.totalBytes ?? Number.POSITIVE_INFINITY;
  let tightest: ContainerMemory | undefined;
  for (const line of groups.split('\n')) {
    const [, controllers, group] = line.match(/^\d+:([^:]*):(.*)$/) ?? [];
    const hierarchy = controllers === '' ? V2 : controllers?.split(',').includes('memory') ? V1 : undefined;
    if (!hierarchy) continue;
    for (const ancestor of ancestors(group!)) {
      const folder = join(root, ...hierarchy.folder, ancestor);
      const limitBytes = bytesIn(textOf(folder, hierarchy.limit));
      // Version 1 writes "no limit" as a number beyond any machine.
      if (limitBytes === undefined || limitBytes >= totalBytes) continue;
      if (tightest && tightest.limitBytes <= limitBytes) continue;
      tightest = { limitBytes, ...usedIn(folder, hierarchy) };
    }
  }
  return tightest;
}

function usedIn(folder: string, hierarchy: Hierarchy): { usedBytes?: number } {
  const used = bytesIn(textOf(folder, hierarchy.used));
  if (used === undefined) return {};
  const stat = textOf(folder, 'memory.stat');
  const match = stat?.match(new RegExp(`^${hierarchy.reclaimable} (\\d+)$`, 'm'));
  return { usedBytes: Math.max(0, used - Number(match?.[1] ?? 0)) };
}

/** @throws VoirsError DEVICE_ERROR in a browser, which has no figure of its machine. */
function knownSystemMemory(root: string): SystemMemory {
  const system = systemMemory(root);
  if (system) return system;
  throw new VoirsError('DEVICE_ERROR', 'This runtime has no figure of how much memory there is', {
    got: 'a browser',
    wanted: 'Node.js',
    suggestion: 'Pass the figure yourself: availableBytes, totalBytes or read',
  });
}

/**
 * Bytes that this process can still take: of the machine, and of its container when there is one.
 * @throws VoirsError DEVICE_ERROR in a browser.
 */
export function availableMemory(root = '/'): number {
  const { availableBytes } = knownSystemMemory(root);
  const container = containerMemory(root);
  if (!container) return availableBytes;
  return Math.max(0, Math.min(availableBytes, container.limitBytes - (container.usedBytes ?? 0)));
}

/**
 * Most bytes that this process could take: the machine's, or its container's limit.
 * @throws VoirsError DEVICE_ERROR in a browser.
 */
export function totalMemory(root = '/'): number {
  return containerMemory(root)?.limitBytes ?? knownSystemMemory(root).totalBytes;
}

/**
 * Share of memory in use, 0-1: the largest of the machine's, the container's and, when a budget is given, the
 * process's share of that budget (which may exceed 1).
 * @throws VoirsError DEVICE_ERROR in a browser.
 */
export function memoryPressure(options: { budgetBytes?: number; root?: string } = {}): number {
  const { budgetBytes, root = '/' } = options;
  const { totalBytes, availableBytes } = knownSystemMemory(root);
  const container = containerMemory(root);
  const rssBytes = host.memory.process()?.rssBytes ?? 0;
  return Math.max(
    1 - availableBytes / totalBytes,
    container ? (container.usedBytes ?? 0) / container.limitBytes : 0,
    budgetBytes === undefined ? 0 : rssBytes / budgetBytes,
  );
}
