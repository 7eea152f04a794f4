// The rival in WebAssembly: onnxruntime-web's wasm execution provider, in Node.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isUnavailable, type Unavailable } from '../../lib/unavailable.js';
import { installRival } from '../install.js';
import { type Ort, rivalSession } from '../onnxruntime.js';
import type { Rival } from '../rival.js';

const version = '1.30.0';

/**
 * Installs onnxruntime-web.
 *
 * @returns the folder of the files that a page loads, beginning with ort.wasm.min.mjs.
 */
export async function onnxruntimeWebFiles(): Promise<{ folder: string; version: string } | Unavailable> {
  const installed = await installRival('onnxruntime-web', version);
  if (isUnavailable(installed)) return installed;
  return { folder: dirname(installed.require.resolve('onnxruntime-web')), version };
}

/**
 * Installs and opens onnxruntime-web. Its number of threads is fixed by the first session of a process: a
 * bench that compares thread counts starts one process for each.
 */
export async function openOnnxruntimeWeb(): Promise<Rival | Unavailable> {
  const installed = await installRival('onnxruntime-web', version);
  if (isUnavailable(installed)) return installed;
  const entry = installed.require.resolve('onnxruntime-web').replace(/\.js$/, '.mjs');
  let ort: Ort;
  try {
    ort = (await import(pathToFileURL(entry).href)) as Ort;
  } catch (error) {
    return { unavailable: `onnxruntime-web ${version} does not load here: ${(error as Error).message}` };
  }
  let fixedThreads: number | undefined;
  return {
    name: 'onnxruntime-web',
    version,
    async load(onnxPath, { threads }) {
      if (fixedThreads !== undefined && fixedThreads !== threads) {
        throw new Error(
          `onnxruntime-web already runs ${fixedThreads} threads in this process, not ${threads}`,
        );
      }
      ort.env.wasm.numThreads = threads;
      fixedThreads = threads;
      const session = await ort.InferenceSession.create(readFileSync(onnxPath), {
        executionProviders: ['wasm'],
        graphOptimizationLevel: 'all',
      });
      if (ort.env.wasm.numThreads !== threads) {
        throw new Error(`onnxruntime-web runs ${ort.env.wasm.numThreads} threads here, not ${threads}`);
      }
      return rivalSession(ort, session);
    },
  };
}
