// Dawn in bundles for browsers, which have WebGPU of their own or none.
import type { GpuEntry } from './dawn.js';

export async function loadDawn(): Promise<GpuEntry | { reason: string }> {
  return { reason: 'this browser has no WebGPU; use a newer one, or the backend "wasm"' };
}
