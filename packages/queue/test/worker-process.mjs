// A worker in a process of its own, for tests that kill it. Its options come as JSON; its log goes to stdout.
import { VoirsPipeline } from 'voirs';
import { createWorker } from '../dist/index.js';
import { speakPart } from '../dist/speak.js';

const { clockJumpsMs = [], poison, ...options } = JSON.parse(process.argv[2]);
// The clock of the machine jumps while the worker works: before its first part, and after each.
const now = Date.now.bind(Date);
let ahead = 0;
Date.now = () => now() + ahead;
const jump = () => {
  ahead += clockJumpsMs.shift() ?? 0;
};
setTimeout(jump, 600);
let pipeline;
/** A text that takes the process down with it. */
const speak =
  poison &&
  (async (store, key, request, signal) => {
    if (request.text.includes(poison)) process.kill(process.pid, 'SIGKILL');
    pipeline ??= VoirsPipeline.create({ sampleRate: 24000, cacheSize: 0 });
    return speakPart(await pipeline, store, key, request, { signal, onChunk() {} });
  });
const log = (event) => {
  if (event.event === 'spoken') jump();
  console.log(JSON.stringify(event));
};
const worker = await createWorker({ ...options, speak, log });
log({ event: 'ready' });
process.once('SIGTERM', async () => {
  await worker.close();
  await (await pipeline)?.dispose();
  log({ event: 'closed' });
});
