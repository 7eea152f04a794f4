// If this fails, one trap of WebAssembly or one lost GPU device makes a process mute until it is started again.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Backend } from '../../src/backends/backend.js';
import { engineCounts } from '../../src/backends/engine.js';
import { registerBackend } from '../../src/backends/registry.js';
import { wasmPlugin } from '../../src/backends/wasm/backend.js';
import { DeviceFaults } from '../../src/backends/webgpu/faults.js';
import { VoirsError, VoirsPipeline } from '../../src/index.js';
import type { Engine } from '../../src/synthesis/engine.js';
import { voirsError } from '../expect.js';

const test = suite('a trap, and a lost device');
const TEXT = 'Is it blue? It is.';

/** What was written to stderr at `warn`. */
const written: string[] = [];
const { error } = console;
console.error = (line: string) => {
  if (line.startsWith('voirs warn')) written.push(line);
  else error(line);
};
test.before.each(() => {
  written.length = 0;
});

async function say(pipeline: VoirsPipeline): Promise<Float32Array> {
  using audio = await pipeline.synthesize(TEXT);
  return audio.samples.slice();
}

/** Traps: (module (func (export "t") unreachable)). */
const trap = new WebAssembly.Instance(
  new WebAssembly.Module(
    new Uint8Array([
      ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0],
      ...[7, 5, 1, 1, 116, 0, 0, 10, 5, 1, 3, 0, 0, 11],
    ]),
  ),
).exports.t as () => void;

/** Makes runs of a backend trap at their end, by number from 0. */
function trapIn(pipeline: VoirsPipeline, isWanted: (run: number) => boolean): void {
  const { backend } = (pipeline as unknown as { engine: Engine }).engine;
  const { run } = Object.getPrototypeOf(backend) as Backend;
  let runs = 0;
  (backend as { run: Backend['run'] }).run = (graph) =>
    run.call(backend, (ops) => {
      const result = graph(ops);
      if (isWanted(runs++)) trap();
      return result as never;
    }) as never;
}

test('repeats a step that trapped, on a fresh instance, at any step', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const said = await say(pipeline);
  const before = engineCounts();
  let all = 0;
  trapIn(pipeline, () => {
    all++;
    return false;
  });
  await say(pipeline);
  assert.ok(all >= 4, `${all} runs`);
  for (let at = 0; at < all; at++) {
    written.length = 0;
    trapIn(pipeline, (run) => run === at);
    assert.equal(await say(pipeline), said, `run ${at} of ${all}`);
    assert.is(written.length, 1, `run ${at}: ${written.join('\n')}`);
    assert.match(written[0]!, /a step of the models is repeated: WebAssembly trapped \(unreachable\)/);
    assert.equal(engineCounts(), before, `run ${at}`);
    assert.is(pipeline.arena.stats().leases, 0);
  }
});

test('fails with DEVICE_ERROR when the step traps again, and speaks the next call', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const said = await say(pipeline);
  const before = engineCounts();
  trapIn(pipeline, () => true);
  const failed = await voirsError(() => say(pipeline), 'DEVICE_ERROR');
  assert.match(failed.message, /failed twice; got "unreachable"/);
  assert.instance(failed.cause, WebAssembly.RuntimeError);
  trapIn(pipeline, () => false);
  assert.equal(engineCounts(), before);
  assert.equal(await say(pipeline), said);
});

let made = 0;

/** A wasm backend that can be lost as a GPU device is: every step fails from then on. */
function losable(): { name: string; instances: number; lose(): void } {
  const state = { name: `wasm-losable-${++made}`, instances: 0, lose: () => {} };
  const create: typeof wasmPlugin.create = async (options) => {
    const inner = await wasmPlugin.create(options);
    let lostReason: string | undefined;
    let listener: ((message: string) => void) | undefined;
    state.instances++;
    state.lose = () => {
      lostReason = 'pulled out';
      listener?.('the GPU device was lost: pulled out');
    };
    const alive = (): void => {
      if (lostReason) throw new VoirsError('DEVICE_ERROR', 'The GPU device was lost', { got: lostReason });
    };
    return {
      ...{
        name: inner.name,
        threads: inner.threads,
        versions: inner.versions,
        queue: inner.queue,
        ops: inner.ops,
      },
      get lostReason() {
        return lostReason;
      },
      onNotice: (listen) => {
        listener = listen;
        return () => {
          listener = undefined;
        };
      },
      run: (graph) => {
        alive();
        return inner.run(graph);
      },
      read: (...args) => {
        alive();
        return inner.read(...args);
      },
      memory: () => inner.memory(),
      dispose: () => inner.dispose(),
    };
  };
  registerBackend(state.name, async () => ({ ...wasmPlugin, name: state.name, create }));
  return state;
}

test('loads again after the loss of its device, and repeats the call in progress', async () => {
  const counts = engineCounts();
  const device = losable();
  const pipeline = await VoirsPipeline.create({ backend: device.name, numThreads: 1, cacheSize: 0 });
  const said = await say(pipeline);
  const before = engineCounts();
  device.lose();
  assert.match(written[0]!, /the GPU device was lost: pulled out/);
  assert.equal(await say(pipeline), said, 'lost between two calls');
  assert.match(written[1]!, /loaded again after the loss of the device/);
  assert.equal(engineCounts(), before);
  const speaking = Promise.all([say(pipeline), say(pipeline), pipeline.prepare(TEXT)]);
  await new Promise((resolve) => setTimeout(resolve, 20));
  device.lose();
  const [one, two] = await speaking;
  assert.equal([one, two], [said, said], 'lost in the middle of three');
  assert.is(device.instances, 3, 'one device for the calls that lost one');
  assert.equal(engineCounts(), before);
  await pipeline.dispose();
  assert.equal(engineCounts(), counts);
});

test('ends a stream whose device is lost, and speaks the next call', async () => {
  const device = losable();
  await using pipeline = await VoirsPipeline.create({ backend: device.name, numThreads: 1, cacheSize: 0 });
  const said = await say(pipeline);
  const stream = pipeline.stream(TEXT);
  (await stream.next()).value!.dispose();
  device.lose();
  await voirsError(async () => {
    for await (using _ of stream);
  }, 'DEVICE_ERROR');
  assert.equal(await say(pipeline), said);
  assert.is(pipeline.arena.stats().leases, 0);
});

test('gives new pipelines a new device while others hold the lost one', async () => {
  const device = losable();
  await using old = await VoirsPipeline.create({ backend: device.name, numThreads: 1, cacheSize: 0 });
  device.lose();
  await using fresh = await VoirsPipeline.create({ backend: device.name, numThreads: 1, cacheSize: 0 });
  assert.is(device.instances, 2);
  assert.equal(await say(fresh), await say(old));
  assert.is(device.instances, 2, 'the old one joins it');
});

test('hears the loss of a GPU device at once, but not its end on purpose', async () => {
  for (const [reason, message, wanted] of [
    ['unknown', 'driver reset\nmore', ['unknown: driver reset']],
    ['destroyed', 'ended', []],
  ] as const) {
    let lose: (info: GPUDeviceLostInfo) => void = () => {};
    const lost = new Promise<GPUDeviceLostInfo>((resolve) => {
      lose = resolve;
    });
    const told: string[] = [];
    const device = { lost, pushErrorScope() {}, popErrorScope: async () => null } as unknown as GPUDevice;
    const faults = new DeviceFaults(device, (what) => told.push(what));
    assert.is(
      faults.watch(() => 5),
      5,
    );
    lose({ reason, message } as GPUDeviceLostInfo);
    await lost;
    assert.equal(told, wanted);
    assert.ok(faults.lostReason?.startsWith(reason));
    assert.throws(() => faults.watch(() => 5), /The GPU device was lost; got .*Repeat the call/);
    await voirsError(() => faults.check(), 'DEVICE_ERROR');
  }
});

test.run();
