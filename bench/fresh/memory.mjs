// A fresh process that speaks many times and notes its memory after each: plain node on the built package, started
// with --expose-gc by ../memory.ts with { texts, count, threads } as JSON; prints one line of JSON.
const { texts, count, threads } = JSON.parse(process.argv[2]);
const dist = (name) => import(new URL(`../../dist/${name}`, import.meta.url).href);
const [{ VoirsPipeline }, { acquireBackend }, { engineCounts }] = await Promise.all(
  ['index', 'backends/registry', 'backends/engine'].map((name) => dist(`${name}.js`)),
);

const pipeline = await VoirsPipeline.create({ numThreads: threads });
// Shared with the pipeline: the same instance, for its figures.
const { backend, release } = await acquireBackend(pipeline.backend.name, { numThreads: threads });

/** What is alive once all garbage is gone. */
function figures() {
  globalThis.gc();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { capacityBytes, usedBytes } = pipeline.arena.stats();
  const wasmHeap = backend.memory().wasmHeapBytes;
  const { tensors } = engineCounts();
  return {
    rss,
    heapUsed,
    external,
    arrayBuffers,
    wasmHeap,
    arena: capacityBytes,
    arenaUsed: usedBytes,
    tensors,
  };
}

const samples = [figures()];
let audioSeconds = 0;
for (let n = 0; n < count; n++) {
  const audio = await pipeline.synthesize(texts[n % texts.length]);
  audioSeconds += audio.duration;
  audio.dispose();
  // What was given up in this turn of the event loop is garbage only after it.
  await new Promise((resolve) => setImmediate(resolve));
  samples.push(figures());
}
release();
await pipeline.dispose();
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
process.stdout.write(`${JSON.stringify({ samples, audioSeconds, peakRssBytes })}\n`);
