// The real server in a process of its own, as built: started with its options as JSON. Its parent asks for memory, and
// has workers ended.
import { createServer } from 'voirs-server';
import { layersOf } from '../../../packages/server/dist/metrics.js';
import { collected, forgetDelays, lateness, serveParent } from './orders.mjs';

const server = await createServer(JSON.parse(process.argv[2]));
const { pool } = server;

/** Of the worker that has lived longest; absent while it is in the middle of a long step. */
async function figures() {
  const told = await pool.memory();
  const oldest = told.find(({ worker }) => worker === [...pool.workers][0]?.number);
  const layers = oldest && layersOf(oldest.memory);
  return {
    ...(layers && {
      workerHeap: layers.javascript,
      wasmHeap: layers.wasm_heap,
      arena: layers.arena,
    }),
    arenaInUse: told.reduce((all, { memory }) => all + layersOf(memory).arena_in_use, 0),
    openCalls: told.reduce((all, { memory }) => all + memory.openCalls, 0),
  };
}

serveParent({
  url: () => server.url,
  reading: () => collected(figures),
  state: () => ({
    openJobs: pool.openJobs,
    queued: pool.queued,
    ready: pool.ready,
    lost: pool.replaced,
    ...lateness(),
  }),
  forgetDelays,
  /** Ends the youngest worker, so that the oldest shows what long lives do, or all. */
  kill(all) {
    if (all) pool.kill();
    else [...pool.workers].at(-1)?.kill();
  },
  async end() {
    await server.close();
    setImmediate(() => process.disconnect());
  },
});
