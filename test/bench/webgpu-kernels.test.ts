// If this fails, our WGSL kernels cannot be measured against what they replace.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../../bench/lib/cache.js';
import type { Report } from '../../bench/lib/report.js';
import { kernelCases } from '../../bench/lib/webgpu/cases.js';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';
import { probeGpu } from '../../src/backends/webgpu/device.js';

const test = suite('bench webgpu-kernels');

test('has a case for every kernel', () => {
  const kernels = new Set(kernelCases(8).map(({ kernel }) => kernel));
  assert.equal([...kernels].sort(), [
    'attention',
    'convolution',
    'gather',
    'layer-norm',
    'linear',
    'upsampling',
  ]);
});

test('measures a kernel beside its composite, on a GPU or in software', async () => {
  const hasGpu = (await probeGpu()).available;
  if (!hasGpu && !findChromium()) return console.log(`SKIP: no GPU and no browser here; ${CHROMIUM_ADVICE}`);
  const args = ['--only', 'layer-norm', '--frames', '8', '--runs', '2', '--least-ms', '1', '--json'];
  const command = [...process.execArgv, join(repositoryRoot, 'bench', 'run.ts'), 'webgpu-kernels', ...args];
  const options = { cwd: repositoryRoot, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, command, options);
  assert.is(status, 0, stderr);
  const { tables, notes } = JSON.parse(stdout.trim().split('\n').at(-1)!) as Report;
  const [row] = tables[0]!.rows;
  assert.is(row![0], 'layer-norm');
  assert.ok((row![3] as number) > 0 && (row![4] as number) > 0 && (row![7] as number) < 1e-5);
  if (!hasGpu) assert.ok(notes.some((note) => /not those of a GPU/.test(note)));
});

test.run();
