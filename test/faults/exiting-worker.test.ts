// If this fails, code that ends the process or throws inside a worker hangs the calls under way, crashes the program, or
// leaves a pipeline that cannot speak again.
import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { type Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { createWorkerPipeline, type VoirsError, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('a worker that exits or throws');
const TEXT = 'One sentence follows another. '.repeat(4);
const options = { backend: 'wasm', numThreads: 1, cacheSize: 0 };

/** Ways in which code can end its thread: a `;` follows. */
const ENDS: Record<string, RegExp> = {
  'process.exit(7)': /it ended with code 7/,
  "throw new Error('thrown inside')": /thrown inside/,
  'throw undefined': /it ended with code 1|undefined/,
};

/** A worker of our file, in which other code ends the thread when a text with END in it arrives. */
function endingWorker(end: string): Worker {
  const entry = new URL('../../dist/worker/entry.js', import.meta.url).href;
  const code = `
    import('${entry}').then(() => require('node:worker_threads').parentPort.on('message', ({ takes }) => {
      if (takes?.text?.includes('END')) setImmediate(() => { ${end}; });
    }));`;
  return new workerThreads.Worker(code, { eval: true, execArgv: [] });
}

for (const [end, got] of Object.entries(ENDS)) {
  test(`ends its calls with WORKER_LOST, and can be replaced: ${end}`, async () => {
    await using pipeline = await createWorkerPipeline({ ...options, worker: () => endingWorker(end) });
    const chunks = pipeline.stream(TEXT);
    (await chunks.next()).value!.dispose();
    const ended = await Promise.allSettled([
      pipeline.synthesize(`END. ${TEXT}`),
      pipeline.synthesize(TEXT),
      pipeline.stream(TEXT).next(),
    ]);
    for (const result of ended) {
      assert.is(result.status, 'rejected');
      const error = (result as PromiseRejectedResult).reason as VoirsError;
      assert.is(error.code, 'WORKER_LOST');
      assert.match(error.got!, got);
    }
    await voirsError(async () => {
      for (;;) (await chunks.next()).value!.dispose(); // chunks that were on their way may come first
    }, 'WORKER_LOST');
    await voirsError(() => pipeline.synthesize('Hello.'), 'WORKER_LOST');
    await pipeline.restart();
    using audio = await pipeline.synthesize('Hello.');
    assert.ok(audio.duration > 0.3);
  });
}

test('is told when it happens before the pipeline is loaded, and when it is disposed', async () => {
  const exits = () => new workerThreads.Worker('process.exit(3)', { eval: true });
  const error = await voirsError(() => createWorkerPipeline({ worker: exits }), 'WORKER_LOST');
  assert.match(error.message, /did not start/);
  const pipeline = await createWorkerPipeline({
    ...options,
    worker: () => endingWorker('process.exit(1)'),
  });
  const [said] = await Promise.allSettled([pipeline.synthesize('END.'), pipeline.dispose()]);
  assert.is(said.status, 'rejected');
  await voirsError(() => pipeline.synthesize('Hello.'), 'DISPOSED');
});

/** What kernel workers that are started now do when they are told to; undefined: nothing. */
let end: string | undefined;
/** Calls of kernels left until a worker ends; none below 1. Workers spin, so that no message could reach them. */
const left = new Int32Array(new SharedArrayBuffer(4));

const { Worker: PlainWorker } = workerThreads;
class EndingKernels extends PlainWorker {
  constructor(file: string | URL, given?: ConstructorParameters<typeof PlainWorker>[1]) {
    if (end === undefined || !String(file).includes('kernels-worker')) {
      super(file, given);
      return;
    }
    const url = String(file).startsWith('file:') ? String(file) : `file://${file}`;
    const code = `
      const { Instance } = WebAssembly;
      const { workerData: left } = require('node:worker_threads');
      WebAssembly.Instance = function (module, imports) {
        const { exports } = new Instance(module, imports);
        const ending = (kernel) => (...args) => {
          if (Atomics.load(left, 0) > 0 && Atomics.sub(left, 0, 1) === 1) { ${end}; }
          return kernel(...args);
        };
        return { exports: Object.fromEntries(Object.entries(exports).map(([name, own]) =>
          [name, typeof own === 'function' ? ending(own) : own])) };
      };
      import('${url}');`;
    super(code, { ...given, eval: true, workerData: left });
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const lines: string[] = [];
const { error } = console;
test.before.each(() => {
  lines.length = 0;
  console.error = (line: string) => void lines.push(line);
  workerThreads.Worker = EndingKernels;
  syncBuiltinESMExports();
});
test.after.each(() => {
  end = undefined;
  left[0] = 0;
  console.error = error;
  workerThreads.Worker = PlainWorker;
  syncBuiltinESMExports();
});

for (const way of ['process.exit(7)', 'throw undefined']) {
  test(`does not spoil the call when a thread of the kernels ends: ${way}`, async () => {
    await using alone = await VoirsPipeline.create(options);
    using wanted = await alone.synthesize(TEXT);
    end = way;
    await using pipeline = await VoirsPipeline.create({ ...options, numThreads: 2 });
    assert.is(pipeline.backend.threads, 2);
    end = undefined; // its successors are whole
    left[0] = 3;
    for (let calls = 0; left[0]! > 0 || calls === 0; calls++) {
      assert.ok(calls < 20, 'the worker has run its kernels');
      using audio = await pipeline.synthesize(TEXT);
      assert.is(maxAbs(audio.samples, wanted.samples), 0);
    }
    while (pipeline.backend.threads < 2) await tick(); // new workers are on their way
    using next = await pipeline.synthesize(TEXT);
    assert.is(maxAbs(next.samples, wanted.samples), 0);
    assert.match(lines.join('\n'), /a worker of the kernels was lost: .*new workers have taken its place/s);
  });
}

test('does not fail a pipeline that is being loaded when a thread of the kernels ends', async () => {
  await using alone = await VoirsPipeline.create(options);
  using wanted = await alone.synthesize('Hello.');
  for (const way of ['process.exit(1)', "throw new Error('thrown inside')"]) {
    end = way;
    left[0] = 2;
    await using pipeline = await VoirsPipeline.create({ ...options, numThreads: 2 });
    assert.is(left[0], 0, 'it has ended');
    end = undefined;
    using audio = await pipeline.synthesize('Hello.');
    assert.is(maxAbs(audio.samples, wanted.samples), 0, way);
  }
});

test.run();
