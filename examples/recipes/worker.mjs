// Speaks in a worker thread: this thread stays free, here to count how often its timer rings meanwhile.
// npm install voirs
import { createWorkerPipeline } from 'voirs';

const pipeline = await createWorkerPipeline();
let rings = 0;
const timer = setInterval(() => rings++, 10);
let seconds = 0;
for await (const chunk of pipeline.stream('A worker speaks this, while the program does something else.')) {
  seconds += chunk.duration;
  chunk.dispose();
}
clearInterval(timer);
console.log(`${seconds.toFixed(2)} s of speech; the timer rang ${rings} times`);
await pipeline.dispose();
