// If this fails, a third party's backend cannot be plugged in, or a backend that cannot load does so without
// a reason.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cpuPlugin } from '../../src/backends/cpu.js';
import { acquireBackend, backendNames } from '../../src/backends/registry.js';
import {
  type BackendPlugin,
  backendPlugin,
  registerBackend,
  VoirsError,
  VoirsPipeline,
} from '../../src/index.js';
import { voirsError } from '../expect.js';
import { calls } from './counting-backend.js';

const test = suite('backend registry');

test("runs the models on a third party's backend", async () => {
  assert.ok(backendNames().includes('counting'));
  await using pipeline = await VoirsPipeline.create({ backend: 'counting' });
  assert.is(pipeline.backend.name, 'counting');
  assert.is(pipeline.backend.choice, undefined, 'it was not chosen automatically');
  using audio = await pipeline.synthesize('Yes.');
  assert.ok(audio.samples.some((x) => Math.abs(x) > 0.01));
  for (const name of ['conv1d', 'upsample1d', 'attention', 'layerNorm', 'gather', 'linear']) {
    assert.ok(calls.has(name), `${name} was not taken from the plugin`);
  }
});

test('matches the plugin that the guide shows', () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
  const [, ...code] = read('./counting-backend.ts').split('\n');
  const wanted = code.join('\n').replace('../../src/index.js', 'voirs');
  assert.ok(
    read('../../docs/backends.md').includes(wanted),
    'docs/backends.md and counting-backend.ts differ',
  );
});

test('refuses a name that is taken', async () => {
  await voirsError(() => registerBackend('wasm', async () => cpuPlugin), 'INVALID_OPTIONS');
});

test('gives the reason each time that a backend cannot load', async () => {
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

test('takes no other backend in place of one that was named', async () => {
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

test('says what auto took and why', async () => {
  const hold = await acquireBackend('auto', { numThreads: 1 });
  assert.is(hold.backend.name, 'wasm');
  assert.match(hold.choice!, 'wasm');
  await hold.release();
});

test('shares an instance between callers that ask for too many threads', async () => {
  const one = await acquireBackend('cpu', { numThreads: 1 });
  const four = await acquireBackend('cpu', { numThreads: 4 });
  assert.is(one.backend, four.backend);
  await one.release();
  await four.release();
});

test.run();
