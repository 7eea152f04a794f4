// If this fails, voices are wrong on Node 22 and later and in browsers, where kernels use relaxed SIMD: the tests of the
// kernels and of parity again, with that build.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fastestArithmetic } from '../../src/backends/wasm/kernels/arithmetic.js';

/** Node 20 has it behind a flag, which later ones no longer know: there, the ordinary tests are these. */
const FLAG = '--experimental-wasm-relaxed-simd';
const FILES = ['./wasm-convolution.test.ts', './wasm-acoustic-kernels.test.ts', '../parity/wasm.test.ts'];
const PROBE = `
  const { acquireBackend } = await import('${new URL('../../src/backends/registry.ts', import.meta.url)}');
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  console.log(backend.versions.features);
  await release();`;

function run(...args: string[]): { status: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [FLAG, '--import', 'tsx', ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
  return { status, output: `${stdout}${stderr}` };
}

if (fastestArithmetic() === 'relaxed') {
  console.log('SKIP: relaxed SIMD is what this runtime takes anyway, so the other tests have tested it');
} else {
  test('the build with relaxed SIMD is taken where it loads', () => {
    assert.match(run('--input-type=module', '-e', PROBE).output, /relaxed SIMD/);
  });

  for (const file of FILES) {
    test(`${file} with relaxed SIMD`, () => {
      const { status, output } = run(fileURLToPath(new URL(file, import.meta.url)));
      const [, total, passed] = /Total:\s+(\d+)\s+Passed:\s+(\d+)/.exec(output) ?? [];
      assert.is(status, 0, output.slice(-3000));
      assert.ok(Number(total) > 0 && passed === total, `${passed} of ${total} passed`);
    });
  }
}

test.run();
