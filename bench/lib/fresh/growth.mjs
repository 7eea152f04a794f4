// A fresh process that speaks many short texts and writes two snapshots of its JavaScript heap, after
// `warmups` and at the end: { count, warmups, seed, threads, weights, paths } as JSON in, null out. Start it with
// --expose-gc.
import { writeHeapSnapshot } from 'node:v8';
import { settle } from './left.mjs';
import { shortTexts } from './short-texts.mjs';

const { count, warmups, seed, threads, weights, paths } = JSON.parse(process.argv[2]);
const { VoirsPipeline } = await import(new URL('../../../dist/index.js', import.meta.url).href);
// Kept results differ from one snapshot to the next without a leak.
const pipeline = await VoirsPipeline.create({ weights, numThreads: threads, cacheSize: 0 });
const texts = shortTexts(seed);

async function speak(times) {
  for (let n = 0; n < times; n++) (await pipeline.synthesize(texts.next().value)).dispose();
  await settle();
}

await speak(warmups);
writeHeapSnapshot(paths[0]);
await speak(count - warmups);
writeHeapSnapshot(paths[1]);
await pipeline.dispose();
process.stdout.write('null\n');
