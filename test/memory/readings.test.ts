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
