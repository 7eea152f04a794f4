// The processor time of pages, for benches: pages have no such clock, and wall time on a shared machine is no
// measure.
import { readdirSync, readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

/** Nanoseconds that the threads of a process have run; undefined where the system does not report them. */
function nanosecondsOf(process: number): number | undefined {
  try {
    const folder = `/proc/${process}/task`;
    const threads = readdirSync(folder).map((id) => readFileSync(`${folder}/${id}/schedstat`, 'utf8'));
    return threads.reduce((sum, line) => sum + Number(line.split(' ')[0]), 0);
  } catch {
    return undefined; // another system, or a thread that ended between the two calls
  }
}

/**
 * Milliseconds of processor time of all pages of a browser so far, with all threads and the software GPU's
 * process.
 */
export async function processorClock(browser: Browser): Promise<() => Promise<number>> {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    let ms = 0;
    for (const { type, id, cpuTime } of processInfo) {
      if (type === 'browser') continue;
      const exact = nanosecondsOf(id);
      ms += exact === undefined ? cpuTime * 1000 : exact / 1e6; // the browser's own figure moves in steps of 10 ms
    }
    return ms;
  };
}
