// Gives a test file WebGPU in Node: a GPU where the package `webgpu` finds one, else the software GPU that
// comes with Chromium (SwiftShader), in a process of its own, because the loader of Vulkan reads its
// environment at start.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { softwareGpuEnvironment } from '../bench/lib/software-gpu.js';
import { probeGpu } from '../src/backends/webgpu/device.js';

const MARK = 'VOIRS_TEST_DAWN';

/**
 * Whether this process has WebGPU. Where it has not, the file runs again in a process with the software GPU,
 * whose output and exit code become this one's, and the answer is no. Where there is none, a line that begins
 * with SKIP says so.
 */
export async function hasDawn(testFile: string): Promise<boolean> {
  if (process.env[MARK] || (await probeGpu()).available) return true;
  const environment = await softwareGpuEnvironment();
  if ('missing' in environment) {
    console.log(`SKIP: no WebGPU in Node here; ${environment.missing}`);
    return false;
  }
  const { status } = spawnSync(process.execPath, [...process.execArgv, fileURLToPath(testFile)], {
    env: { ...process.env, ...environment, [MARK]: '1' },
    stdio: 'inherit',
  });
  if (status !== 0) process.exitCode = status ?? 1;
  return false;
}
