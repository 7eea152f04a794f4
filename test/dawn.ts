// Gives a test file WebGPU in Node: a GPU where the package `webgpu` finds one, else the software GPU that comes with
// Chromium (SwiftShader), in a process of its own, because the loader of Vulkan reads its environment at start.
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../bench/lib/cache.js';
import { installRival } from '../bench/rivals/install.js';
import { CHROMIUM_ADVICE, findChromium } from '../scripts/chromium.mjs';
import { probeGpu } from '../src/backends/webgpu/device.js';

/** The package at the version that the figures in docs/webgpu.md were measured with. */
export const DAWN_VERSION = '0.6.2';
const MARK = 'VOIRS_TEST_DAWN';

/** The folder with SwiftShader's Vulkan driver, if a Chromium is here. */
function swiftshaderFolder(): string | undefined {
  const chromium = findChromium();
  if (!chromium) return undefined;
  const folders = [dirname(realpathSync(chromium)), '/usr/lib/chromium'];
  return folders.find((folder) => existsSync(join(folder, 'vk_swiftshader_icd.json')));
}

/** What has to be in the environment of a process for SwiftShader, or why it cannot be had. */
export async function softwareGpuEnvironment(): Promise<Record<string, string> | { missing: string }> {
  if (process.platform !== 'linux') return { missing: 'the software GPU is set up on Linux only' };
  const folder = swiftshaderFolder();
  if (!folder) return { missing: CHROMIUM_ADVICE };
  const installed = await installRival('webgpu', DAWN_VERSION);
  if ('unavailable' in installed) return { missing: installed.unavailable };
  return {
    LD_LIBRARY_PATH: folder,
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    NODE_PATH: dirname(dirname(cachePath('rivals', 'node_modules', 'webgpu', 'package.json'))),
  };
}

/**
 * Whether this process has WebGPU. Where it has not, the file is run again in one that has, its output and exit code
 * become this one's, and the answer is no; where there is none at all, a line beginning with SKIP says so.
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
