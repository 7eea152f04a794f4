// A worker in a process of its own, for tests that kill it. Its options come as JSON; its log goes to stdout.
import { VoirsPipeline } from 'voirs';
import { createWorker } from '../dist/index.js';
import { speakPart } from '../dist/speak.js';

const { clockJumpMs, poison, ...options } = JSON.parse(process.argv[2]);
if (clockJumpMs !== undefined) {
  // The clock of the machine jumps while the worker works.
  const now = Date.now.bind(Date);
  const started = now();
  Date.now = () => now() + (now() - started > 600 ? clockJumpMs : 0);
}
const pipeline = poison === undefined ? undefined : VoirsPipeline.create({ sampleRate: 24000, cacheSize: 0 });
/** A text that takes the process down with it. */
const speak =
  pipeline &&
  (async (store, key, request, signal) => {
    if (request.text.includes(poison)) process.kill(process.pid, 'SIGKILL');
    return speakPart(await pipeline, store, key, request, { signal, onChunk() {} });
  });
const log = (event) => console.log(JSON.stringify(event));
const worker = await createWorker({ ...options, speak, log });
log({ event: 'ready' });
process.once('SIGTERM', async () => {
  await worker.close();
  await (await pipeline)?.dispose();
  log({ event: 'closed' });
});
