// If this fails, a machine with a GPU uses the slower device, or measures again for every pipeline.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend, BackendPlugin } from '../../src/backends/backend.js';
import type { Ops } from '../../src/backends/ops.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { backendPlugin, registerBackend, VoirsPipeline } from '../../src/index.js';

const test = suite('automatic choice');

/** The cpu operations under another name, some of them replaced, with a count of the convolutions run. */
function fake(name: string, own: { gpu?: string; usesGpu?: boolean; isInstant?: boolean; fails?: boolean }) {
  const counts = { convolutions: 0 };
  const plugin: BackendPlugin = {
    name,
    summary: 'for a test',
    maxThreads: 1,
    probe: async () => ({ available: true, ...(own.gpu === undefined ? {} : { gpu: own.gpu }) }),
    async create(options) {
      if (own.fails) throw new Error('its driver is gone');
      const backend = await (await backendPlugin('cpu')).create(options);
      const ops: Ops = new Proxy(backend.ops, {
        get(target, key: string) {
          const value = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          if (key === 'conv1d') counts.convolutions++;
          // On any machine a copy takes less time than any backend.
          if (own.isInstant && (key === 'conv1d' || key === 'attention'))
            return (x: { clone(): unknown }) => x.clone();
          return value.bind(target);
        },
      });
      return new Proxy(backend, {
        get(target, key: keyof Backend) {
          if (key === 'name') return name;
          if (key === 'ops') return ops;
          if (key === 'usesGpu') return own.usesGpu ?? own.gpu !== undefined;
          if (key === 'run') return (graph: (ops: Ops) => never) => target.run(() => graph(ops));
          const value = Reflect.get(target, key);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  };
  registerBackend(name, async () => plugin);
  return { counts, own };
}

async function choose(useGpu = true): Promise<{ name: string; choice: string }> {
  const { backend, choice, release } = await acquireBackend('auto', { numThreads: 1, useGpu });
  await release();
  return { name: backend.name, choice: choice! };
}

test('takes the first backend that loads where there is no GPU', async () => {
  const { name, choice } = await choose();
  assert.is(name, 'wasm');
  assert.match(choice, /webgpu: .+; tensorflow: .+/);
});

let slow: ReturnType<typeof fake>;

test('measures a GPU that is slower than wasm and does not take it', async () => {
  slow = fake('slow-gpu', { gpu: 'a slow GPU' });
  await using pipeline = await VoirsPipeline.create({ useGpu: true, numThreads: 1 });
  assert.is(pipeline.backend.name, 'wasm');
  assert.match(
    pipeline.backend.choice!,
    /wasm is the fastest.* ms for a trial, slow-gpu [\d.]+ \(measured now\)/,
  );
  assert.ok(slow.counts.convolutions > 0);
});

test('measures nothing without useGpu', async () => {
  const before = slow.counts.convolutions;
  assert.is((await choose(false)).name, 'wasm');
  assert.is(slow.counts.convolutions, before);
});

let quick: ReturnType<typeof fake>;

test('measures once and keeps the fastest', async () => {
  quick = fake('quick-gpu', { gpu: 'a quick GPU', isInstant: true });
  const first = await choose();
  assert.is(first.name, 'quick-gpu');
  assert.match(first.choice, 'measured now');
  const { convolutions } = quick.counts;
  assert.ok(convolutions > 0);
  const second = await choose();
  assert.is(second.name, 'quick-gpu');
  assert.match(second.choice, 'measured before');
  assert.is(quick.counts.convolutions, convolutions);
});

test('takes the next backend when the fastest no longer loads', async () => {
  await choose();
  quick.own.fails = true;
  try {
    const { name, choice } = await choose();
    assert.is(name, 'wasm');
    assert.match(choice, 'quick-gpu: its driver is gone');
    assert.match(choice, 'measured now');
  } finally {
    quick.own.fails = false;
  }
});

test('excludes a backend that turns out to run on the processor', async () => {
  fake('no-gpu', { gpu: 'CUDA', usesGpu: false, isInstant: true });
  const { name, choice } = await choose();
  assert.is(name, 'quick-gpu');
  assert.match(choice, 'no-gpu: it runs on the CPU here');
});

test.run();
