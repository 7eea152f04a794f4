// If this fails, a worker that dies hangs the call, spoils its sound, or makes everything slower without a word.
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ControlBlock, type Job } from '../../src/backends/wasm/threads/control-block.js';
import { KernelThreads } from '../../src/backends/wasm/threads/pool.js';
import { VoirsPipeline } from '../../src/index.js';
import type { Engine } from '../../src/synthesis/engine.js';

const test = suite('a lost worker');
const TEXT = 'Is it blue? It is.';
const THREADS = 3;

/** Workers of the kernels that live now. */
let workers: Worker[] = [];
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...rest) {
  if (typeof message === 'object' && 'control' in message) {
    workers.push(this);
    this.once('exit', () => {
      workers = workers.filter((worker) => worker !== this);
    });
  }
  postMessage.call(this, message, ...rest);
};

/** Called after each job that is shared, when a worker has joined it. */
let joined: (() => void) | undefined;
const { post } = ControlBlock.prototype;
ControlBlock.prototype.post = function (job: Job) {
  post.call(this, job);
  if (!joined) return;
  const until = performance.now() + 50;
  while (this.working === 0 && performance.now() < until);
  if (this.working > 0) joined();
};

/** What was written to stderr at `warn`. */
const written: string[] = [];
const { error } = console;
console.error = (line: string) => {
  if (line.startsWith('voirs warn')) written.push(line);
  else error(line);
};

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Turns of the event loop until something holds. */
async function until(holds: () => boolean, what: string): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    assert.ok(turns < 5_000_000, what);
    await tick();
  }
}

async function open(): Promise<VoirsPipeline> {
  return VoirsPipeline.create({ numThreads: THREADS, cacheSize: 0 });
}

async function say(pipeline: VoirsPipeline): Promise<Float32Array> {
  using audio = await pipeline.synthesize(TEXT);
  return audio.samples.slice();
}

let said: Float32Array;
test.before(async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  said = await say(pipeline);
});
test.before.each(() => {
  written.length = 0;
  joined = undefined;
});

test('is replaced when it dies between two calls, and the log tells it', async () => {
  await using pipeline = await open();
  await workers[0]!.terminate();
  assert.is(pipeline.backend.threads, 1, 'noticed at once');
  assert.match(pipeline.backend.threadsReason!, /a worker was lost \(it ended with code 1\)/);
  assert.equal(await say(pipeline), said);
  await until(() => pipeline.backend.threads === THREADS, 'new workers');
  assert.is(pipeline.backend.threadsReason, undefined);
  assert.equal(await say(pipeline), said);
  assert.is(written.length, 2, written.join('\n'));
  assert.match(written[0]!, /a worker of the kernels was lost: it ended with code 1/);
  assert.match(written[1]!, /new workers have taken its place: 3 threads/);
});

test('does not spoil the call that it dies in, at any step', async () => {
  await using pipeline = await open();
  const { backend } = (pipeline as unknown as { engine: Engine }).engine;
  for (const step of [0, 1, 2, 4]) {
    let jobs = 0;
    const run = backend.queue.run.bind(backend.queue);
    backend.queue.run = (job) => {
      if (jobs++ === step) void workers[step % workers.length]!.terminate();
      return run(job);
    };
    try {
      assert.equal(await say(pipeline), said, `step ${step}`);
    } finally {
      backend.queue.run = run;
    }
    if (step < 2) await until(() => pipeline.backend.threads === THREADS, 'new workers');
  }
});

test('does not spoil the call when it dies in the middle of a kernel', async () => {
  await using pipeline = await open();
  let kills = 0;
  // Of the jobs that a worker has joined: the first, and later ones, until one is left open by its death.
  for (const nth of [0, 5, 20]) {
    await until(
      () => pipeline.backend.threads === THREADS || written.some((line) => /times/.test(line)),
      'workers',
    );
    let jobs = 0;
    joined = () => {
      if (jobs++ !== nth) return;
      kills++;
      for (const worker of workers) void worker.terminate();
    };
    assert.equal(await say(pipeline), said, `job ${nth}`);
    joined = undefined;
  }
  assert.ok(kills >= 2, `${kills} kills`);
  assert.ok(
    written.some((line) => /a step of the models is repeated: .*no longer answers/.test(line)),
    `at least one of them was in a kernel: ${written.join('\n')}`,
  );
});

test('is not replaced for ever', async () => {
  await using pipeline = await open();
  for (let loss = 1; loss <= 4; loss++) {
    await workers[0]!.terminate();
    if (loss < 4) await until(() => pipeline.backend.threads === THREADS, `after loss ${loss}`);
  }
  await until(() => workers.length === 0, 'all have ended');
  assert.match(pipeline.backend.threadsReason!, /lost 4 times in a minute/);
  assert.match(written.at(-1)!, /lost 4 times.*one thread goes on alone/);
  assert.equal(await say(pipeline), said);
  assert.is(workers.length, 0);
});

test('and its successors end with the pipeline', async () => {
  const pipeline = await open();
  await workers[0]!.terminate();
  await pipeline.dispose(); // while new ones are on their way
  await until(() => workers.length === 0, 'all have ended');
});

test('breaks the run when a kernel fails in it, and no other thread', async () => {
  // (module (import "env" "memory" (memory 1 1 shared)) (func (export "k") unreachable))
  const bytes = [
    ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0],
    ...[2, 16, 1, 3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2, 3, 1, 1],
    ...[3, 2, 1, 0, 7, 5, 1, 1, 107, 0, 0, 10, 5, 1, 3, 0, 0, 11],
  ];
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const pool = await KernelThreads.start(module, memory, 64, 2, () => {});
  const losses: string[] = [];
  pool.onLost = (reason) => losses.push(reason);
  const job = { kernel: 0, units: 1000, grain: 1, minimumUnits: 1, args: [], scratch: 0, scratchBytes: 0 };
  joined = () => {};
  assert.throws(
    () => {
      for (let n = 0; n < 1000; n++) pool.run(job);
    },
    (thrown: Error) => thrown.constructor.name === 'BrokenRun' && /failed in a worker/.test(thrown.message),
  );
  assert.equal(losses, ['a kernel failed in it']);
  assert.not(pool.takes(job));
  await pool.stop();
});

test.run();
