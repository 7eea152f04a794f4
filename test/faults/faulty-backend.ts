// The wasm backend with a hook before every operation and every reading: faults inside real graphs, at any point.
import type { Backend } from '../../src/backends/backend.js';
import type { Ops } from '../../src/backends/ops.js';
import { registerBackend } from '../../src/backends/registry.js';
import { wasmPlugin } from '../../src/backends/wasm/backend.js';
import { storedTensors } from './small-heap.js';

let made = 0;

/** A registered backend whose work is counted. */
export class FaultyBackend {
  readonly name = `wasm-faulty-${++made}`;
  /** Operations and readings since it was last set to 0. */
  steps = 0;
  /** Called before each of them with its number, from 1; what it throws is thrown there. */
  before: (step: number, operation: string) => void = () => {};
  private inner: Backend | undefined;

  constructor() {
    const create: typeof wasmPlugin.create = async (options) => {
      this.inner = await wasmPlugin.create(options);
      return this.around(this.inner);
    };
    registerBackend(this.name, async () => ({ ...wasmPlugin, name: this.name, create }));
  }

  /** Tensors that the backend stores, whether the engine knows of them or not. */
  get stored(): number {
    return storedTensors(this.inner!);
  }

  /** Jobs that are handed in and not done. */
  get waiting(): number {
    return this.inner!.queue.length;
  }

  private step(operation: string): void {
    this.steps++;
    this.before(this.steps, operation);
  }

  private around(inner: Backend): Backend {
    const ops = new Proxy(inner.ops, {
      get: (target, name: keyof Ops) => {
        const found = target[name] as unknown;
        if (typeof found !== 'function') return found;
        return (...args: unknown[]) => {
          if (!name.startsWith('prepare')) this.step(name);
          return found.apply(target, args);
        };
      },
    });
    const { name, threads, versions, queue } = inner;
    return {
      name,
      threads,
      versions,
      queue,
      ops,
      run: (graph) => inner.run(() => graph(ops)),
      read: (tensor, out, from) => {
        this.step('read');
        return inner.read(tensor, out, from);
      },
      memory: () => inner.memory(),
      dispose: () => inner.dispose(),
    };
  }
}
