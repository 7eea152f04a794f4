// A fresh process that speaks within a memory limit: { limitMb, threads, texts, long } as JSON in, one line
// of JSON out.
const empty = process.memoryUsage.rss();
const { VoirsPipeline } = await import(new URL('../../../dist/index.js', import.meta.url).href);
const { limitMb, threads, texts, long } = JSON.parse(process.argv[2]);
const peak = () => process.resourceUsage().maxRSS * 1024;

const options = { memoryLimitMb: limitMb, numThreads: threads, backend: 'wasm' };
const pipeline = await VoirsPipeline.create(options);
const created = peak();
let heapBytes = 0;
let recycled = 0;
pipeline.on('memory', (event) => {
  if (event.kind === 'recycle') recycled++;
  if (event.kind === 'heap-growth') heapBytes = Math.max(heapBytes, event.toBytes);
});
const began = process.cpuUsage();
let seconds = 0;
for (const text of texts) {
  const audio = await pipeline.synthesize(text);
  seconds += audio.duration;
  audio.dispose();
}
for await (const chunk of pipeline.stream(long)) {
  seconds += chunk.duration;
  chunk.dispose();
}
const { user, system } = process.cpuUsage(began);
const { configuration, modelCache, native } = pipeline.memoryReport();
const output = {
  emptyBytes: empty,
  createdBytes: created,
  peakBytes: peak(),
  heapBytes: Math.max(heapBytes, native.wasmHeapBytes),
  weightsBytes: modelCache.weightsBytes,
  resultsBytes: modelCache.results.bytes,
  weights: configuration.settings.memoryPlan.weights,
  chunkFrames: configuration.settings.memoryPlan.chunkFrames,
  recycled,
  audioSeconds: seconds,
  cpuSeconds: (user + system) / 1e6,
};
await pipeline.dispose();
process.stdout.write(`${JSON.stringify(output)}\n`);
