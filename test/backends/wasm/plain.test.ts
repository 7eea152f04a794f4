// If this fails, voices are wrong where there is no relaxed SIMD, or Node 20 speaks slower than it could or
// keeps a changed flag of V8. Runs the tests of the kernels and of parity again with the plain build.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireBackend } from '../../../src/backends/registry.js';
import { fastestArithmetic } from '../../../src/backends/wasm/kernel-module.js';
import { VoirsError } from '../../../src/errors.js';
import { hasRelaxedSimd } from '../../../src/host/relaxed-probe.js';

const FILES = ['./convolution.test.ts', './layers.test.ts', '../../parity/wasm.test.ts'];
const PROBE = `
  const { acquireBackend } = await import('${new URL('../../../src/backends/registry.ts', import.meta.url)}');
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  console.log(backend.versions.features);
  await release();`;

function run(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...process.execArgv, ...args], {
    encoding: 'utf8',
    timeout: 120_000,
    env: { ...process.env, VOIRS_SIMD: 'plain', VOIRS_TEST_SENTENCES: 'short' },
  });
  return { status, output: `${stdout}${stderr}` };
}

test("uses relaxed SIMD in all threads and restores V8's flag", async () => {
  const before = hasRelaxedSimd();
  assert.is(fastestArithmetic(), 'relaxed');
  const { backend, release } = await acquireBackend('wasm', { numThreads: 2 });
  assert.match(backend.versions.features!, /2 threads.* in relaxed SIMD/);
  await release();
  assert.is(hasRelaxedSimd(), before);
});

test('uses plain SIMD with VOIRS_SIMD=plain', () => {
  const { output } = run('--input-type=module', '-e', PROBE);
  assert.match(output, /own convolutions/);
  assert.not.match(output, /relaxed/);
});

test('refuses another value of VOIRS_SIMD', () => {
  process.env.VOIRS_SIMD = 'fast';
  try {
    assert.throws(fastestArithmetic, (error: unknown) => {
      return error instanceof VoirsError && error.code === 'INVALID_OPTIONS' && error.got === 'fast';
    });
  } finally {
    delete process.env.VOIRS_SIMD;
  }
});

for (const file of FILES) {
  test(`passes ${file} with plain SIMD`, () => {
    const { status, output } = run(fileURLToPath(new URL(file, import.meta.url)));
    const [, total, passed] = /Total:\s+(\d+)\s+Passed:\s+(\d+)/.exec(output) ?? [];
    assert.is(status, 0, output.slice(-3000));
    assert.ok(Number(total) > 0 && passed === total, `${passed} of ${total} passed`);
  });
}

test.run();
