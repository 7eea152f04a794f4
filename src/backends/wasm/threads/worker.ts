// What a worker of ours runs, in Node and in browsers: its own instance of the kernels on the shared memory, and the
// control block. The build bundles this file to vendor/wasm/voirs-kernels-worker.js.
import { type Call, ControlBlock } from './control-block.js';

/** What a worker is told, once. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: number;
  threads: number;
  /** Which thread it is; 0 is the caller. */
  thread: number;
}

/** What it answers. */
export type WorkerAnswer = 'ready' | { failed: string };

/** The part of a worker's global scope, or of Node's parentPort, that is needed here. */
interface Port {
  postMessage(answer: WorkerAnswer): void;
  close(): void;
}

function serve(start: WorkerStart, port: Port): void {
  const { module, memory, control, threads, thread } = start;
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const functions = Object.values(exports) as ((...args: number[]) => void)[];
  const call: Call = (kernel, args) => functions[kernel]!(...args);
  const block = new ControlBlock(memory.buffer, control, threads);
  let generation = block.generation;
  port.postMessage('ready');
  for (;;) {
    const next = block.next(generation);
    if (next.mustStop) break;
    generation = next.generation;
    block.join(thread, call);
  }
  port.close();
}

function serveOrTell(start: WorkerStart, port: Port): void {
  try {
    serve(start, port);
  } catch (error) {
    port.postMessage({ failed: error instanceof Error ? error.message : String(error) });
    port.close();
  }
}

if (typeof process === 'object' && process.versions?.node) {
  const { parentPort } = await import('node:worker_threads');
  parentPort!.once('message', (start: WorkerStart) => serveOrTell(start, parentPort!));
} else {
  const scope = globalThis as unknown as Port & {
    onmessage: ((event: { data: WorkerStart }) => void) | null;
  };
  scope.onmessage = ({ data }) => serveOrTell(data, scope);
}
