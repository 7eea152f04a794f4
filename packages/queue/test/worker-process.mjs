// A worker in a process of its own, for tests that kill it. Its options come as JSON; its log goes to stdout.
import { createWorker } from '../dist/index.js';

const { clockJumpMs, ...options } = JSON.parse(process.argv[2]);
if (clockJumpMs !== undefined) {
  // The clock of the machine jumps while the worker works.
  const now = Date.now.bind(Date);
  const started = now();
  Date.now = () => now() + (now() - started > 600 ? clockJumpMs : 0);
}
const worker = await createWorker({ ...options, log: (event) => console.log(JSON.stringify(event)) });
console.log(JSON.stringify({ event: 'ready' }));
process.once('SIGTERM', async () => {
  await worker.close();
  console.log(JSON.stringify({ event: 'closed' }));
});
