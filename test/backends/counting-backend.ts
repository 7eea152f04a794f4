// The sample of docs/backends.md; registry.test.ts runs it and compares it with the guide.
import { type BackendPlugin, backendPlugin, type Ops, registerBackend } from '../../src/index.js';

/** How often each operation was asked for. */
export const calls = new Map<string, number>();

const countingPlugin: BackendPlugin = {
  name: 'counting',
  summary: 'the cpu operations, counted',
  maxThreads: 1,
  // `gpu: 'name of the device'` beside `available` makes it a candidate where a pipeline is made with useGpu.
  probe: async () => ({ available: true }),
  async create(options) {
    const backend = await (await backendPlugin('cpu')).create(options);
    const ops: Ops = new Proxy(backend.ops, {
      get(target, name: string) {
        const operation: unknown = Reflect.get(target, name);
        if (typeof operation !== 'function') return operation;
        calls.set(name, (calls.get(name) ?? 0) + 1);
        return operation.bind(target);
      },
    });
    return {
      name: 'counting',
      threads: 1,
      versions: { counting: '1' },
      queue: backend.queue,
      ops,
      run: (graph) => backend.run(() => graph(ops)),
      read: (tensor, out, from) => backend.read(tensor, out, from),
      memory: () => ({}),
      dispose: () => backend.dispose(),
    };
  },
};

registerBackend('counting', async () => countingPlugin);
