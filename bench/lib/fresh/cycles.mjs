// A fresh process that makes, uses and disposes a pipeline again and again: { cycles } as JSON in, one line
// of JSON out. Start it with --expose-gc.
import { left } from './left.mjs';

const { VoirsPipeline } = await import(new URL('../../../dist/index.js', import.meta.url).href);
const { cycles } = JSON.parse(process.argv[2]);

async function cycle() {
  const pipeline = await VoirsPipeline.create({ numThreads: 1 });
  (await pipeline.synthesize('Hello, world.')).dispose();
  await pipeline.dispose();
}

const readings = [];
for (let n = 0; n < cycles; n++) {
  await cycle();
  readings.push(await left());
}
process.stdout.write(`${JSON.stringify(readings)}\n`);
