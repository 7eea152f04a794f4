// The rival in native code: onnxruntime-node's CPU execution provider.
import { isUnavailable, type Unavailable } from '../../lib/unavailable.js';
import { installRival } from '../install.js';
import { type Ort, rivalSession } from '../onnxruntime.js';
import type { Rival } from '../rival.js';

const version = '1.30.0';

/** Installs and opens onnxruntime-node. Works with any number of threads, several sessions at once. */
export async function openOnnxruntimeNode(): Promise<Rival | Unavailable> {
  const installed = await installRival('onnxruntime-node', version);
  if (isUnavailable(installed)) return installed;
  let ort: Ort;
  try {
    ort = installed.require('onnxruntime-node') as Ort;
  } catch (error) {
    return { unavailable: `onnxruntime-node ${version} does not load here: ${(error as Error).message}` };
  }
  return {
    name: 'onnxruntime-node',
    version,
    async load(onnxPath, { threads }) {
      const session = await ort.InferenceSession.create(onnxPath, {
        executionProviders: ['cpu'],
        intraOpNumThreads: threads,
        interOpNumThreads: 1,
        executionMode: 'sequential',
        graphOptimizationLevel: 'all',
      });
      return rivalSession(ort, session);
    },
  };
}
