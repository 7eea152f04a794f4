// A fresh process that speaks many texts and notes its memory now and then: plain node on the built package,
// started with --expose-gc with { count, every, threads, minutes, weights, and texts or the seed of short ones }
// as JSON; prints one line of JSON.
import { course } from './course.mjs';
import { shortTexts } from './short-texts.mjs';

const options = JSON.parse(process.argv[2]);
const dist = (name) => import(new URL(`../../../dist/${name}.js`, import.meta.url).href);
const [{ VoirsPipeline }, { engineCounts }] = await Promise.all(['index', 'backends/engine'].map(dist));

// Texts that come back are to be spoken again, not taken from the cache.
const cache = options.texts || options.withoutCache ? { cacheSize: 0 } : {};
const pipeline = await VoirsPipeline.create({
  weights: options.weights,
  numThreads: options.threads,
  ...cache,
});

function* inTurn(texts) {
  for (;;) yield* texts;
}
const texts = options.texts ? inTurn(options.texts) : shortTexts(options.seed);

async function speak() {
  const audio = await pipeline.synthesize(texts.next().value);
  const { duration } = audio;
  audio.dispose();
  return duration;
}

function figures() {
  const { native, audio } = pipeline.memoryReport();
  const { capacityBytes, slabsAllocated, leases } = audio;
  const { tensors } = engineCounts();
  return { wasmHeap: native?.wasmHeapBytes, arena: capacityBytes, slabsAllocated, leases, tensors };
}

const result = await course(speak, figures, options);
await pipeline.dispose();
process.stdout.write(`${JSON.stringify(result)}\n`);
