// If this fails, voirs misjudges how much memory there is, and a container kills it for taking more than its
// limit.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { host } from '../../src/host/host.js';
import {
  availableMemory,
  containerMemory,
  memoryPressure,
  systemMemory,
  totalMemory,
} from '../../src/memory/readings.js';

const test = suite('readings');
const MB = 2 ** 20;
const MEMINFO = `MemTotal:  ${8192 * 1024} kB\nMemFree:  ${100 * 1024} kB\nMemAvailable:  ${6144 * 1024} kB\n`;

/** Runs on a folder that looks like a system's root. */
function withRoot(files: Record<string, string>, run: (root: string) => void): void {
  const root = mkdtempSync(join(tmpdir(), 'voirs-readings-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    run(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('counts file cache as available to the machine', () => {
  withRoot({ 'proc/meminfo': MEMINFO }, (root) => {
    assert.equal(systemMemory(root), { totalBytes: 8192 * MB, availableBytes: 6144 * MB });
    assert.is(containerMemory(root), undefined);
    assert.is(availableMemory(root), 6144 * MB);
    assert.is(totalMemory(root), 8192 * MB);
    assert.is(memoryPressure({ root }), 0.25);
  });
});

test('takes the tightest ancestor of control groups 2', () => {
  const files = {
    'proc/meminfo': MEMINFO,
    'proc/self/cgroup': '0::/pod/app\n',
    'sys/fs/cgroup/pod/app/memory.max': 'max\n',
    'sys/fs/cgroup/pod/memory.max': `${1024 * MB}\n`,
    'sys/fs/cgroup/pod/memory.current': `${900 * MB}\n`,
    'sys/fs/cgroup/pod/memory.stat': `anon 5\ninactive_file ${132 * MB}\n`,
  };
  withRoot(files, (root) => {
    assert.equal(containerMemory(root), { limitBytes: 1024 * MB, usedBytes: 768 * MB });
    assert.is(availableMemory(root), 256 * MB);
    assert.is(totalMemory(root), 1024 * MB);
    assert.is(memoryPressure({ root }), 0.75);
  });
});

test('takes the limit at the root of control groups 1', () => {
  const v1 = (limit: string) => ({
    'proc/meminfo': MEMINFO,
    'proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/outside/path\n1:name=systemd:/\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': limit,
    'sys/fs/cgroup/memory/memory.usage_in_bytes': String(100 * MB),
    'sys/fs/cgroup/memory/memory.stat': `inactive_file 1\ntotal_inactive_file ${40 * MB}\n`,
  });
  withRoot(v1(String(512 * MB)), (root) => {
    assert.equal(containerMemory(root), { limitBytes: 512 * MB, usedBytes: 60 * MB });
  });
  withRoot(v1('9223372036854771712\n'), (root) => assert.is(containerMemory(root), undefined));
});

/** Control groups 2 with these files below their root, for a process in a group. */
const groups = (group: string, files: Record<string, string | number>): Record<string, string> => ({
  'proc/meminfo': MEMINFO,
  'proc/self/cgroup': `0::${group}\n`,
  ...Object.fromEntries(Object.entries(files).map(([path, text]) => [`sys/fs/cgroup/${path}`, `${text}`])),
});

test('prefers the nearest of equal limits, and the least of others', () => {
  const two = (inner: number, outer: number) =>
    groups('/pod/app', {
      ...{ 'pod/app/memory.max': inner, 'pod/app/memory.current': 5 },
      ...{ 'pod/memory.max': outer, 'pod/memory.current': 6 },
    });
  for (const [inner, outer, limitBytes, usedBytes] of [
    [64 * MB, 64 * MB, 64 * MB, 5],
    [64 * MB, 65 * MB, 64 * MB, 5],
    [64 * MB, 63 * MB, 63 * MB, 6],
    [8192 * MB, 8192 * MB - 1, 8192 * MB - 1, 6], // all there is is no limit
  ] as const)
    withRoot(two(inner, outer), (root) =>
      assert.equal(containerMemory(root), { limitBytes, usedBytes }, `${inner} ${outer}`),
    );
});

test('takes all of the machine for no limit', () => {
  withRoot(groups('/', { 'memory.max': 8192 * MB }), (root) => assert.is(containerMemory(root), undefined));
});

test('leaves no group for one above the root', () => {
  withRoot(groups('/../a', { 'a/memory.max': 64 * MB }), (root) =>
    assert.equal(containerMemory(root), { limitBytes: 64 * MB }),
  );
});

test('takes what is used in full, and never less than nothing', () => {
  for (const [files, left, pressure] of [
    [{ 'memory.max': 64 * MB }, 64 * MB, 0.25],
    [{ 'memory.max': 64 * MB, 'memory.current': 16 * MB }, 48 * MB, 0.25],
    [{ 'memory.max': 64 * MB, 'memory.current': 65 * MB }, 0, 65 / 64],
    [{ 'memory.max': 4, 'memory.current': 1, 'memory.stat': 'inactive_file 2' }, 4, 0.25],
  ] as const)
    withRoot(groups('/', files), (root) => {
      assert.is(availableMemory(root), left);
      assert.is(memoryPressure({ root }), pressure);
    });
});

test('knows nothing where the runtime and the system say nothing', async () => {
  const memory = host.memory as { process: typeof host.memory.process; machine: typeof host.memory.machine };
  const { process, machine } = memory;
  try {
    Object.assign(memory, { process: () => undefined, machine: () => undefined });
    for (const name of ['MemTotal', 'MemAvailable'])
      withRoot({ 'proc/meminfo': `${name}:  8 kB\n` }, (root) => {
        assert.is(systemMemory(root), undefined);
        assert.throws(() => availableMemory(root), /no figure of how much memory there is/);
        assert.throws(() => totalMemory(root), /no figure of how much memory there is/);
      });
    const idle = { 'proc/meminfo': 'MemTotal:  8 kB\nMemAvailable:  8 kB\n' };
    withRoot(idle, (root) => assert.is(memoryPressure({ root, budgetBytes: 1 }), 0));
    withRoot({ ...groups('/', { 'memory.max': 4 }), ...idle }, (root) =>
      assert.is(memoryPressure({ root }), 0),
    );
  } finally {
    Object.assign(memory, { process, machine });
  }
});

test('leaves out a usage that cannot be read', () => {
  const files = {
    'proc/meminfo': MEMINFO,
    'proc/self/cgroup': '0::/\n',
    'sys/fs/cgroup/memory.max': String(64 * MB),
  };
  withRoot(files, (root) => assert.equal(containerMemory(root), { limitBytes: 64 * MB }));
});

test('gives finite readings and throws nothing for any file content', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom('max', '0', '-1', '1e9', '12 34', '0::/../..\n', '4:memory:x'),
  );
  fc.assert(
    fc.property(text, text, text, (groups, limit, used) => {
      const files = {
        'proc/meminfo': MEMINFO,
        'proc/self/cgroup': `${groups}\n0::/a\n`,
        'sys/fs/cgroup/a/memory.max': limit,
        'sys/fs/cgroup/a/memory.current': used,
      };
      withRoot(files, (root) => {
        const bytes = availableMemory(root);
        assert.ok(Number.isFinite(bytes) && bytes >= 0, String(bytes));
      });
    }),
    { numRuns: 60, seed: 3 },
  );
});

test('reads a peak no less than the present, and counts a budget', () => {
  const { rssBytes, peakRssBytes } = host.memory.process()!;
  assert.ok(rssBytes > 10 * MB && peakRssBytes > 10 * MB);
  assert.ok(memoryPressure({ budgetBytes: 1 * MB }) > 10);
});

test.run();
