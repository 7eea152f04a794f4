// The half of a process under load that hears its parent: questions come with a number, answers go back with it.
// Event loop delays are measured all the time but where the process collects garbage for a reading.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { processFigures } from '../fresh/course.mjs';

/** Milliseconds between two looks at the event loop. */
const RESOLUTION = 5;
const delays = monitorEventLoopDelay({ resolution: RESOLUTION });

/** Garbage is collected first: objects that are released in a turn of the event loop are garbage after it. */
export async function collected(figures) {
  delays.disable();
  for (let turn = 0; turn < 2; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  const reading = { ...processFigures(), ...(await figures()) };
  delays.enable();
  return reading;
}

/** Milliseconds by which timers were late, since `forgetDelays`. */
export function lateness() {
  const ms = (value) => Math.max(0, value / 1e6 - RESOLUTION);
  return {
    median: ms(delays.percentile(50)),
    p99: ms(delays.percentile(99)),
    most: ms(delays.max),
    turns: delays.count,
  };
}

export const forgetDelays = () => delays.reset();

/** @param answers functions by the name of the question; what they throw is the answer's error. */
export function serveParent(answers) {
  delays.enable();
  process.on('message', async ({ id, question, value }) => {
    try {
      process.send({ id, answer: await answers[question](value) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  // A bench that has died leaves nothing behind.
  process.on('disconnect', () => process.exit());
  process.send({ id: 0, answer: 'ready' });
}
