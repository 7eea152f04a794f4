// Speaks on every thread, at the voice's rate and at another, and ends by itself: one line of JSON.
import { VoirsPipeline } from 'voirs';

const pipeline = await VoirsPipeline.create({ numThreads: 2 });
const audio = await pipeline.synthesize('Hello, world.');
await audio.save('hello.wav');
const said = audio.timeline.words.map(({ text }) => text).join(' ');
const { threads, threadsReason } = pipeline.backend;
audio.dispose();
await pipeline.dispose();
const other = await VoirsPipeline.create({ numThreads: 1, sampleRate: 48000 });
const { sampleRate } = await other.synthesize('Hello.');
await other.dispose();
console.log(JSON.stringify({ said, threads, threadsReason, sampleRate }));
