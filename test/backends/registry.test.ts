// If this fails, a third party's backend cannot be plugged in, or a backend that cannot load does so without a reason.
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cpuPlugin } from '../../src/backends/cpu/backend.js';
import { acquireBackend, backendNames } from '../../src/backends/registry.js';
import {
  type BackendPlugin,
  backendPlugin,
  registerBackend,
  VoirsError,
  VoirsPipeline,
} from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('backend registry');

test('a plugin from outside runs the models through the contract', async () => {
  const called = new Set<string>();
  const plugin: BackendPlugin = {
    name: 'counting',
    summary: 'the cpu operations, counted',
    maxThreads: 1,
    probe: async () => ({ available: true }),
    async create(options) {
      const backend = await (await backendPlugin('cpu')).create(options);
      const ops = new Proxy(backend.ops, {
        get(target, name: string) {
          const value = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          called.add(name);
          return value.bind(target);
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
  registerBackend('counting', async () => plugin);
  assert.ok(backendNames().includes('counting'));
  await using pipeline = await VoirsPipeline.create({ backend: 'counting' });
  assert.is(pipeline.backend.name, 'counting');
  assert.is(pipeline.backend.choice, undefined, 'nobody chose it automatically');
  using audio = await pipeline.synthesize('Yes.');
  assert.ok(audio.samples.some((x) => Math.abs(x) > 0.01));
  for (const name of ['conv1d', 'upsample1d', 'attention', 'layerNorm', 'gather', 'linear']) {
    assert.ok(called.has(name), `${name} was not taken from the plugin`);
  }
});

test('a name is taken once', async () => {
  await voirsError(() => registerBackend('wasm', async () => cpuPlugin), 'INVALID_OPTIONS');
});

test('a backend that cannot load is DEVICE_ERROR with its reason, each time anew', async () => {
  let tries = 0;
  const broken: BackendPlugin = {
    name: 'broken',
    summary: 'never loads',
    maxThreads: 1,
    probe: async () => ({ available: false, reason: 'it is broken' }),
    create: async () => {
      tries++;
      throw new VoirsError('DEVICE_ERROR', 'The broken backend cannot run here', { got: 'it is broken' });
    },
  };
  registerBackend('broken', async () => broken);
  for (let i = 0; i < 2; i++) {
    const error = await voirsError(() => VoirsPipeline.create({ backend: 'broken' }), 'DEVICE_ERROR');
    assert.match(error.message, 'it is broken');
  }
  assert.is(tries, 2);
});

test('a named backend that cannot load gives its own reason, not another backend', async () => {
  const before = process.env.VOIRS_TENSORFLOW_DIR;
  process.env.VOIRS_TENSORFLOW_DIR = fileURLToPath(new URL('no-such-folder', import.meta.url));
  try {
    for (const name of ['tensorflow', 'webgpu']) {
      const found = await (await backendPlugin(name)).probe();
      if (found.available) continue; // a GPU is here
      const error = await voirsError(() => VoirsPipeline.create({ backend: name }), 'DEVICE_ERROR');
      assert.is(error.got, found.reason);
      assert.match(found.reason, /npx voirs setup|npm install|driver/);
    }
  } finally {
    if (before === undefined) delete process.env.VOIRS_TENSORFLOW_DIR;
    else process.env.VOIRS_TENSORFLOW_DIR = before;
  }
});

test('auto says what it took and why', async () => {
  const hold = await acquireBackend('auto', { numThreads: 1 });
  assert.is(hold.backend.name, 'wasm');
  assert.match(hold.choice!, 'wasm');
  await hold.release();
});

test('threads beyond what a backend can use share its instance', async () => {
  const one = await acquireBackend('cpu', { numThreads: 1 });
  const four = await acquireBackend('cpu', { numThreads: 4 });
  assert.is(one.backend, four.backend);
  await one.release();
  await four.release();
});

test.run();
