// Timing of short synchronous operations (microseconds to milliseconds) with benchmark.js, which calibrates
// itself.
import { createRequire } from 'node:module';

/** One operation to time. */
export interface MicroCase {
  name: string;
  run(): unknown;
}

/** What benchmark.js found. */
export interface MicroResult {
  name: string;
  operationsPerSecond: number;
  /** Seconds per operation. */
  mean: number;
  /** Half the width of the mean's 95 % confidence interval, in per cent of the mean. */
  marginPercent: number;
  samples: number;
}

/** The part of benchmark.js 2 that we use; it ships no types. */
interface BenchmarkRun {
  name: string;
  hz: number;
  error?: Error;
  stats: { mean: number; rme: number; sample: number[] };
}
interface BenchmarkSuite {
  add(name: string, run: () => unknown, options: { minSamples: number; maxTime: number }): BenchmarkSuite;
  run(options: { async: false }): Iterable<BenchmarkRun>;
}

/** Runs each case for up to `maxSeconds` (default 2) and at least 10 samples. @throws what a case throws. */
export function microBenchmark(cases: readonly MicroCase[], maxSeconds = 2): MicroResult[] {
  const { Suite } = createRequire(import.meta.url)('benchmark') as { Suite: new () => BenchmarkSuite };
  const suite = new Suite();
  for (const { name, run } of cases) suite.add(name, run, { minSamples: 10, maxTime: maxSeconds });
  return Array.from(Array.prototype.slice.call(suite.run({ async: false })) as BenchmarkRun[], (run) => {
    if (run.error) throw run.error;
    const { mean, rme, sample } = run.stats;
    return { name: run.name, operationsPerSecond: run.hz, mean, marginPercent: rme, samples: sample.length };
  });
}
