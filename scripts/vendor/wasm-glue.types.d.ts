// Declarations of vendor/wasm-glue-single.js and vendor/wasm-glue-threaded.js.
import type { BackendWasmModule } from '#tf-wasm';

export declare const glue: (module: Record<string, unknown>) => Promise<Omit<BackendWasmModule, 'tfjs'>>;
