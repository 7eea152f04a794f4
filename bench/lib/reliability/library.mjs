// The library under load in a process of its own, as built: three pipelines of two voice sets and three rates (one with a
// small memory limit, one in a worker) do everything that a program can ask of them, and threads of theirs are ended.
// It also makes what all answers are compared with, the server's too.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { CHOICES } from './actions.mjs';
import { outcome, samplesOf, sung, voirs } from './given.mjs';
import { collected, forgetDelays, lateness, serveParent } from './orders.mjs';
import { references } from './references.mjs';
import { drawn, optionsOf, seededRandom, TEXTS } from './texts.mjs';

const { createWorkerPipeline, VoirsPipeline } = voirs;
const dist = (name) => new URL(`../../../dist/${name}.js`, import.meta.url);
const { engineCounts } = await import(dist('backends/engine').href);
const { seed, tasks, textsEach } = JSON.parse(process.argv[2]);
/** Milliseconds after which a call that has not ended counts as hung. */
const PATIENCE = 1_800_000;
/** Milliseconds that a thread which is ended may take to end. */
const ON_ITS_WAY = 10_000;
const SMALL_LIMIT_MB = 96;

/** Threads of the kernels that live now. */
const kernelWorkers = new Set();
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...rest) {
  if (typeof message === 'object' && message !== null && 'control' in message) {
    kernelWorkers.add(this);
    this.once('exit', () => kernelWorkers.delete(this));
  }
  postMessage.call(this, message, ...rest);
};

/** The pipelines of the load, each with its texts and what they must give. */
const pools = [];
/** The worker of the one that speaks in a worker. */
let speechWorker;
const deaths = [];

const makeWorker = () => {
  speechWorker = new Worker(dist('worker/entry'), { execArgv: [] });
  return speechWorker;
};

const KINDS = {
  'two threads': {
    options: { sampleRate: 24_000, numThreads: 2 },
    create: VoirsPipeline.create,
    voices: ['hazel', 'miles'],
  },
  // Its chunks are smaller, so that roundings differ from those of other limits: it is compared to its own alone.
  'memory limit': {
    options: { voice: 'kathleen', sampleRate: 48_000, numThreads: 1, memoryLimitMb: SMALL_LIMIT_MB },
    create: VoirsPipeline.create,
    voices: ['kathleen', 'slt', 'bdl'],
  },
  'in a worker': {
    options: { sampleRate: 16_000, numThreads: 1 },
    create: (options) => createWorkerPipeline({ ...options, worker: makeWorker }),
    voices: ['hazel', 'miles'],
  },
};

async function prepare() {
  const random = seededRandom(seed);
  for (const [name, { options, create, voices }] of Object.entries(KINDS)) {
    const all = [...TEXTS].sort(() => random() - 0.5).slice(0, textsEach);
    const texts = all.map((input, n) => ({
      input,
      options: optionsOf({ input, voice: voices[n % voices.length], speed: [1, 1.5, 0.75][n % 3] }),
    }));
    const alone = await VoirsPipeline.create({ ...options, cacheSize: 0, numThreads: 1 });
    for (const text of texts) {
      const whole = await outcome(() => sung(alone, text));
      text.wanted = whole.gave ?? whole.code;
      // Chunks of another length round otherwise, so that a stream is compared to a stream.
      const stream = await outcome(() => samplesOf(alone.stream(text.input, text.options)));
      text.streamed = stream.gave ?? stream.code;
    }
    await alone.dispose();
    const pipeline = await create({ ...options, cacheSize: 8 });
    pools.push({ name, pipeline, texts, spoken: texts.filter(({ wanted }) => wanted.length === 64) });
  }
}

const counts = {};
const faults = [];
const count = (what) => {
  counts[what] = (counts[what] ?? 0) + 1;
};
function fault(what) {
  count('faults');
  if (faults.length < 20) faults.push(what);
}

/** @returns whether the call was right; WORKER_LOST is right where a worker was ended. */
function judge(pool, kind, began, { gave, code }, wanted) {
  const got = gave ?? code;
  if (wanted.includes(got)) {
    count(code === undefined ? 'answered' : `refused ${code}`);
    return;
  }
  if (code === 'WORKER_LOST' && deaths.some((at) => at > began - ON_ITS_WAY)) count('ended by a dead worker');
  else fault(`${pool.name}, ${kind}: got ${got}; wanted ${wanted.join(' or ')}`);
}

let isLoaded = false;
/** Calls under way, and when they began. */
const open = new Map();
let ids = 0;

/** Tasks that find it lost at the same time share one restart. */
async function restarted(pool) {
  if (!pool.pipeline.isLost) return;
  pool.restart ??= pool.pipeline.restart().finally(() => {
    pool.restart = undefined;
    count('restarts of a lost worker');
  });
  await pool.restart;
}

async function task(number) {
  const random = seededRandom(seed * 1000 + number);
  while (isLoaded) {
    const pool = pools[Math.floor(random() * pools.length)];
    const [, kind, act] = drawn(CHOICES, random);
    const from = ['an encoder', 'stream forgotten'].includes(kind) ? pool.spoken : pool.texts;
    const text = from[Math.floor(random() * from.length)];
    const id = ++ids;
    const began = performance.now();
    open.set(id, { kind: `${pool.name}, ${kind}`, began });
    count('calls');
    try {
      await restarted(pool);
      const [made, wanted] = await act(pool, text, random);
      judge(pool, kind, began, made, wanted);
    } catch (error) {
      fault(`${pool.name}, ${kind}: ${error.stack}`);
      await sleep(100);
    }
    open.delete(id);
  }
}

let running = Promise.resolve();

async function figures() {
  const threads = await Promise.all(
    pools.map(async ({ pipeline }) => outcome(() => pipeline.memoryReport())),
  );
  const reports = threads.flatMap(({ gave }) => (gave ? [gave] : []));
  const sum = (read) => reports.reduce((all, report) => all + (read(report) ?? 0), 0);
  const own = sum(({ audio }) => audio?.capacityBytes) + pools[2].pipeline.arena.stats().capacityBytes;
  return {
    // A worker that has just been ended tells nothing.
    ...(reports.length === pools.length && {
      wasmHeap: sum(({ native }) => native?.wasmHeapBytes),
      arena: own,
    }),
    tensors: engineCounts().tensors,
  };
}

serveParent({
  references,
  prepare,
  reading: () => collected(figures),
  forgetDelays,
  load() {
    isLoaded = true;
    running = Promise.all(Array.from({ length: tasks }, (_, n) => task(n)));
  },
  /** Resolves when every call has ended; those that do not are named. */
  async unload() {
    isLoaded = false;
    const late = sleep(PATIENCE, 'late', { ref: false });
    if ((await Promise.race([running, late])) === 'late')
      for (const { kind } of open.values()) fault(`${kind}: never ended`);
  },
  kill(kind) {
    deaths.push(performance.now());
    count(kind === 'kernels' ? 'kernel workers ended' : 'pipeline workers ended');
    if (kind === 'kernels') [...kernelWorkers][0]?.terminate();
    else speechWorker?.terminate();
  },
  state: () => ({ counts, faults, ...lateness() }),
  /** What is left after everything was disposed. */
  async end() {
    // What was forgotten is given back by the collector.
    for (let turn = 0; turn < 6; turn++) {
      await sleep(20);
      globalThis.gc();
    }
    for (const { pipeline } of pools) await pipeline.dispose();
    const left = {
      tensors: engineCounts().tensors,
      leases: pools.reduce((all, { pipeline }) => all + pipeline.arena.stats().leases, 0),
      arena: pools.reduce((all, { pipeline }) => all + pipeline.arena.stats().capacityBytes, 0),
    };
    setImmediate(() => process.disconnect());
    return left;
  },
});
