// A fresh process with one pipeline and then many more on the same backend: { more } as JSON in, one line of
// JSON out. Start it with --expose-gc.
import { left } from './left.mjs';

const { VoirsPipeline } = await import(new URL('../../../dist/index.js', import.meta.url).href);
const { more } = JSON.parse(process.argv[2]);
const options = { numThreads: 1 };

async function speak(pipeline) {
  (await pipeline.synthesize('No.', { speakingRate: 2 })).dispose();
}

/** A function, so that no variable holds a disposed pipeline at the last reading. */
async function course() {
  const before = await left();
  const first = await VoirsPipeline.create(options);
  await speak(first);
  const read = async () => {
    const { native, modelCache } = first.memoryReport();
    const { weightsBytes, weightsHolders } = modelCache;
    return { ...(await left()), wasmHeap: native.wasmHeapBytes, weightsBytes, weightsHolders };
  };
  const one = await read();
  const others = [];
  for (let n = 0; n < more; n++) others.push(await VoirsPipeline.create(options));
  const created = await read();
  for (const pipeline of others) await speak(pipeline);
  const spoken = await read();
  for (const pipeline of others) await pipeline.dispose();
  const alone = await read();
  await first.dispose();
  return { before, one, created, spoken, alone };
}

const result = { ...(await course()), after: await left() };
process.stdout.write(`${JSON.stringify(result)}\n`);
