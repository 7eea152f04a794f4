// Relaxed SIMD in Node 20, where it is complete but behind a flag: its V8 (11.3) is one version older than
// the one that enabled it. Synthesis is 1.2 times as fast with it (docs/kernels.md). The flag is set only
// while a module is validated or compiled: V8 keeps with each module the features that it was compiled with,
// in workers too.
import { setFlagsFromString } from 'node:v8';
import { hasRelaxedSimd } from './relaxed-probe.js';

/** Whether the runtime has it, but not enabled. A program that was started with the flag keeps it. */
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

/**
 * Compiles synchronously where the flag is needed, because V8 reads it whenever it compiles a part of the
 * module.
 */
export async function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module> {
  return isSwitchedOff() ? switchedOn(() => new WebAssembly.Module(bytes)) : WebAssembly.compile(bytes);
}
