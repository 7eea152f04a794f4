// The script of a worker, in Node and in browsers: its own instance of the kernels on the shared memory, and
// the loop that takes jobs from the control block. The build bundles it to
// vendor/wasm/voirs-kernels-worker.js.
import { type Call, ControlBlock } from './control-block.js';

/** The one message that a worker receives. */
export interface WorkerStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  control: number;
  threads: number;
  /** The worker's number; 0 is the calling thread. */
  thread: number;
}

/** The worker's answer. */
export type WorkerAnswer = 'ready' | { failed: string };

/** The part of a worker's global scope, or of Node's parentPort, that this file needs. */
interface Port {
  postMessage(answer: WorkerAnswer): void;
  /** Absent in Deno, whose workers end when the pool terminates them. */
  close?(): void;
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
  port.close?.();
}

function serveOrFail(start: WorkerStart, port: Port): void {
  try {
    serve(start, port);
  } catch (error) {
    port.postMessage({ failed: error instanceof Error ? error.message : String(error) });
    port.close?.();
  }
}

if (typeof process === 'object' && process.versions?.node) {
  const { parentPort } = await import('node:worker_threads');
  parentPort!.once('message', (start: WorkerStart) => serveOrFail(start, parentPort!));
} else {
  const scope = globalThis as unknown as Port & {
    onmessage: ((event: { data: WorkerStart }) => void) | null;
  };
  scope.onmessage = ({ data }) => serveOrFail(data, scope);
}
