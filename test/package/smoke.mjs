// Run by .ci/run in an empty folder where only the packed voirs is installed: speaks and saves a file.
import { existsSync } from 'node:fs';
import { VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create();
const audio = await pipeline.synthesize('Hello, world. This is voirs speaking.');
await audio.save('hello.wav');
console.log(`${audio.duration.toFixed(2)} s, ${audio.timeline.words.map((word) => word.text).join(' ')}`);
await pipeline.dispose();

// The bundle for pages lies where the package's exports say, with the files that it loads.
for (const file of [
  'dist/browser/voirs.js',
  'dist/browser/resampler.js',
  'vendor/wasm/voirs-kernels-worker.js',
]) {
  const bundle = import.meta.resolve('voirs/browser');
  if (!existsSync(new URL(`../../${file}`, bundle))) throw new Error(`the package has no ${file}`);
}

if (audio.duration < 2 || audio.timeline.words.length !== 6) process.exitCode = 1;
