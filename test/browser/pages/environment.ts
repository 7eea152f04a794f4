// What the harness promises a page: isolation or none, results with typed arrays, errors with their fields,
// WebGPU.
import { VoirsError } from '../../../src/errors.js';

interface Wish {
  fail?: boolean;
  complain?: string;
  adapter?: boolean;
  forever?: boolean;
}

interface Gpu {
  requestAdapter(): Promise<{ info: { vendor: string; architecture: string } } | null>;
}

export async function run(wish: Wish): Promise<unknown> {
  if (wish.fail)
    throw new VoirsError('DEVICE_ERROR', 'It fails', { got: 'a wish', suggestion: 'Wish otherwise' });
  if (wish.complain) console.error(wish.complain);
  if (wish.forever) await new Promise(() => {});
  const { gpu } = navigator as unknown as { gpu?: Gpu };
  const served = await fetch('/package/package.json');
  return {
    isIsolated: globalThis.crossOriginIsolated,
    isSecure: globalThis.isSecureContext,
    hasSharedMemory: typeof SharedArrayBuffer === 'function',
    name: ((await served.json()) as { name: string }).name,
    floats: new Float32Array([0.5, -1]),
    gpu: wish.adapter ? (await gpu?.requestAdapter())?.info.architecture : undefined,
  };
}
