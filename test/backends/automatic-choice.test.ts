// If this fails, a machine with a GPU speaks on the slower device, measures at every start, or believes stale figures.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend, BackendPlugin } from '../../src/backends/backend.js';
import type { Ops } from '../../src/backends/ops.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { backendPlugin, registerBackend, VoirsPipeline } from '../../src/index.js';

const test = suite('automatic choice');
const folder = mkdtempSync(join(tmpdir(), 'voirs-choice-'));
const file = join(folder, 'backend-choice.json');

test.before(() => {
  process.env.VOIRS_CACHE_DIR = folder;
  delete process.env.VOIRS_BACKEND_CACHE;
});
test.after(() => {
  rmSync(folder, { recursive: true, force: true });
});
test.before.each(() => rmSync(file, { force: true }));

/** The cpu operations under another name, some of them replaced, with a count of the convolutions that it ran. */
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
          // Doing nothing is faster than any backend, on any machine.
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

test('without a GPU the first that loads is taken, nothing is measured or kept, and the reasons are told', async () => {
  const { name, choice } = await choose();
  assert.is(name, 'wasm');
  assert.match(choice, /webgpu: .+; tensorflow: .+/);
  assert.not(existsSync(file));
});

let slow: ReturnType<typeof fake>;

test('a GPU that is slower than wasm is measured and not taken; the pipeline says so', async () => {
  slow = fake('slow-gpu', { gpu: 'a slow GPU' });
  await using pipeline = await VoirsPipeline.create({ useGpu: true, numThreads: 1 });
  assert.is(pipeline.backend.name, 'wasm');
  assert.match(
    pipeline.backend.choice!,
    /wasm is the fastest.* ms for a trial, slow-gpu [\d.]+ \(measured now\)/,
  );
  assert.ok(slow.counts.convolutions > 0);
});

test('without useGpu nothing is measured', async () => {
  const before = slow.counts.convolutions;
  assert.is((await choose(false)).name, 'wasm');
  assert.is(slow.counts.convolutions, before);
});

let quick: ReturnType<typeof fake>;

test('the fastest wins; it is measured once and kept', async () => {
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

const remeasured = async (): Promise<boolean> => {
  const before = quick.counts.convolutions;
  assert.is((await choose()).name, 'quick-gpu');
  return quick.counts.convolutions > before;
};

test('figures of another version, a broken file and false figures are ignored and replaced', async () => {
  await choose();
  const good = JSON.parse(readFileSync(file, 'utf8')) as { version: string; trials: Record<string, unknown> };
  const [key] = Object.keys(good.trials);
  const wasmFirst = [{ name: 'wasm', ms: 1 }];
  const bad = [
    JSON.stringify({ version: '0.0.0-old', trials: { [key!]: wasmFirst } }),
    '{"version": ',
    'null',
    JSON.stringify({ ...good, trials: null }),
    JSON.stringify({ ...good, trials: { [key!]: [{ name: 'wasm', ms: 'fast' }] } }),
    JSON.stringify({ ...good, trials: { [key!]: [] } }),
    JSON.stringify({ ...good, trials: { 'another machine': wasmFirst } }),
  ];
  for (const text of bad) {
    writeFileSync(file, text);
    assert.ok(await remeasured(), text);
    assert.not(await remeasured(), `not replaced: ${text}`);
  }
  assert.ok(
    'another machine' in (JSON.parse(readFileSync(file, 'utf8')) as typeof good).trials,
    'others are kept',
  );
});

test('VOIRS_BACKEND_CACHE=off measures each time and keeps nothing', async () => {
  process.env.VOIRS_BACKEND_CACHE = 'off';
  try {
    assert.ok(await remeasured());
    assert.ok(await remeasured());
    assert.not(existsSync(file));
  } finally {
    delete process.env.VOIRS_BACKEND_CACHE;
  }
});

test('a folder that cannot be written costs a measurement, not the choice', async () => {
  const blocked = join(folder, 'a-file');
  writeFileSync(blocked, '');
  process.env.VOIRS_CACHE_DIR = blocked;
  try {
    assert.ok(await remeasured());
    assert.ok(await remeasured());
  } finally {
    process.env.VOIRS_CACHE_DIR = folder;
  }
});

test('a winner that no longer loads gives way to the next, with the reason', async () => {
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

test('a backend that finds itself on the processor after all is no candidate', async () => {
  fake('no-gpu', { gpu: 'CUDA', usesGpu: false, isInstant: true });
  const { name, choice } = await choose();
  assert.is(name, 'quick-gpu');
  assert.match(choice, 'no-gpu: it runs on the CPU here');
});

test.run();
