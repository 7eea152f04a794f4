// Declarations of vendor/tf-cpu.js: only what src/backends/cpu uses.
import type { KernelBackend } from '#tf';

export declare class MathBackendCPU extends KernelBackend {
  constructor();
}
export declare const version_cpu: string;
