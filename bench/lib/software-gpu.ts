// The software GPU that comes with Chromium (SwiftShader), for processes of Node that have no GPU of their
// own.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';
import { installRival } from '../rivals/install.js';
import { cachePath } from './cache.js';

/** The package at the version that the figures in docs/webgpu.md were measured with. */
export const DAWN_VERSION = '0.6.2';

/** The folder with SwiftShader's Vulkan driver, if a Chromium is here. */
function swiftshaderFolder(): string | undefined {
  const chromium = findChromium();
  if (!chromium) return undefined;
  const folders = [dirname(realpathSync(chromium)), '/usr/lib/chromium'];
  return folders.find((folder) => existsSync(join(folder, 'vk_swiftshader_icd.json')));
}

/** The environment variables that give a process SwiftShader, or the reason why it is not available. */
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
