// Timing of whole runs (milliseconds to seconds each); the cases take turns, so that a busy moment hits all
// alike.
import { type Summary, summarize } from './statistics.js';

/** One thing to time. */
export interface MeasuredCase {
  name: string;
  run(): unknown | Promise<unknown>;
}

interface PageClock {
  processorMs(): Promise<number>;
}

/** How often. */
export interface MeasureOptions {
  /** Runs of each case before any is counted. */
  warmups: number;
  /** Counted runs of each case. */
  runs: number;
}

/** Milliseconds of one case. */
export interface Measurement {
  name: string;
  /** By the clock on the wall. */
  wallMs: Summary;
  /** Processor time of all threads of this process, which a busy machine disturbs less. */
  cpuMs: Summary;
  /** The counted runs in order: the n-th of every case ran in the same round. */
  samples: { wallMs: number[]; cpuMs: number[] };
}

/** Milliseconds of processor time so far; a page is given a clock for it (browser/processor-clock.ts). */
async function processorMs(): Promise<number> {
  if (typeof process !== 'object') return (globalThis as unknown as PageClock).processorMs();
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The time that two readings of the clock add to a run: none in Node, half a millisecond and more in a page.
 */
async function clockCostMs(): Promise<number> {
  const costs: number[] = [];
  for (let n = 0; n < 15; n++) {
    const before = await processorMs();
    costs.push((await processorMs()) - before);
  }
  return summarize(costs).median;
}

/** Runs the cases in turn: warm-ups first, then `runs` rounds of one run of each. */
export async function measure(
  cases: readonly MeasuredCase[],
  options: MeasureOptions,
): Promise<Measurement[]> {
  const wall = cases.map((): number[] => []);
  const cpu = cases.map((): number[] => []);
  const clockCost = await clockCostMs();
  for (let round = -options.warmups; round < options.runs; round++) {
    for (const [i, { run }] of cases.entries()) {
      const cpuBefore = await processorMs();
      const before = performance.now();
      await run();
      const elapsed = performance.now() - before;
      const used = Math.max(0, (await processorMs()) - cpuBefore - clockCost);
      if (round < 0) continue;
      wall[i]!.push(elapsed);
      cpu[i]!.push(used);
    }
  }
  return cases.map(({ name }, i) => ({
    name,
    wallMs: summarize(wall[i]!),
    cpuMs: summarize(cpu[i]!),
    samples: { wallMs: wall[i]!, cpuMs: cpu[i]! },
  }));
}
