// Run by .ci/run inside an empty folder where only the packed voirs is installed: five lines that must speak.
import { VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create();
const audio = await pipeline.synthesize('Hello, world. This is voirs speaking.');
await audio.save('hello.wav');
console.log(`${audio.duration.toFixed(2)} s, ${audio.timeline.words.map((word) => word.text).join(' ')}`);
await pipeline.dispose();

if (audio.duration < 2 || audio.timeline.words.length !== 6) process.exitCode = 1;
