// Node 20 has relaxed SIMD, finished, behind a flag: its V8 (11.3) is one version older than the one that switched it on.
// Speech is 1.2 times as fast with it (docs/kernels.md), so the flag is on for just as long as a module is validated or
// compiled: V8 keeps with each module the features that it was compiled with, in workers too.
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from './relaxed-probe.js';

/** Whether it is here, but switched off. Who started Node with the flag keeps it. */
const isSwitchedOff = (): boolean => (process.versions.v8?.startsWith('11.3.') ?? false) && !hasRelaxedSimd();

function switchedOn<T>(work: () => T): T {
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  try {
    return work();
  } finally {
    setFlagsFromString('--no-experimental-wasm-relaxed-simd');
  }
}

/** See `Host.hasRelaxedSimd`. */
export const takesRelaxedSimd = (): boolean =>
  isSwitchedOff() ? switchedOn(hasRelaxedSimd) : hasRelaxedSimd();

/** At once where the flag is needed: V8 looks at it whenever a part of the module is compiled. */
export async function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  return isSwitchedOff() ? switchedOn(() => new WebAssembly.Module(bytes)) : WebAssembly.compile(bytes);
}
