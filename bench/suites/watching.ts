// The cost of observing memory: a service may leave on what is cheap, and must know what is not.
import { LeakDetector, memoryMonitor, profileMemoryUsage, VoirsPipeline } from '../../src/index.js';
import { forceCollection } from '../../src/memory/garbage.js';
import { environment } from '../lib/environment.js';
import { measure } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import { pairedRatios } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'what events, monitor, profile, report and leak detector cost a synthesis';

export const options = {
  runs: { kind: 'count', default: 30, does: 'counted runs' },
  'warm-ups': { kind: 'count', default: 5, least: 0, does: 'runs before' },
} as const satisfies Options;

const TEXT = 'The birch canoe slid on the smooth planks.';
const TRACKED = 10_000;

/** Milliseconds of `count` calls, each. */
function timed(count: number, call: () => unknown): number {
  const before = performance.now();
  for (let n = 0; n < count; n++) call();
  return (performance.now() - before) / count;
}

async function leakDetector(): Promise<(string | number)[][]> {
  const collect = async (): Promise<number> => {
    for (let turn = 0; turn < 3; turn++) {
      forceCollection();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return process.memoryUsage().heapUsed;
  };
  const objects = Array.from({ length: TRACKED }, (_, n) => ({ n }));
  const detector = new LeakDetector();
  const before = await collect();
  const microseconds =
    timed(1, () => {
      for (const one of objects) detector.track(one);
    }) * 1000;
  const bytes = ((await collect()) - before) / TRACKED;
  const started = performance.now();
  const { survivors, wasForced } = await detector.checkLeaks();
  if (survivors.length !== objects.length || !wasForced)
    throw new Error('the detector did not find every object that is held');
  return [
    ['LeakDetector.track(), us', microseconds / TRACKED],
    ['bytes held per tracked object', Math.round(bytes)],
    [`checkLeaks() with ${TRACKED} survivors, ms`, performance.now() - started],
  ];
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { runs, 'warm-ups': warmups } = parseOptions(options, args);
  const counts = { runs, warmups };
  const facts = environment({ seed: 1, ...counts });
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const speak = async (): Promise<void> => (await pipeline.synthesize(TEXT)).dispose();
  let events = 0;
  const listener = (): void => {
    events++;
  };
  const results = await measure(
    [
      { name: 'after the profile', run: speak }, // it leaves garbage and code to compile; this row is not shown
      { name: 'alone', run: speak },
      {
        name: "pipeline.on('memory')",
        async run() {
          pipeline.on('memory', listener);
          await speak();
          pipeline.off('memory', listener);
        },
      },
      {
        name: 'memoryMonitor, every 20 ms',
        async run() {
          using _monitor = memoryMonitor('bench');
          await speak();
        },
      },
      { name: 'profileMemoryUsage', run: () => profileMemoryUsage(speak) },
    ],
    counts,
  );
  if (events === 0) throw new Error('the listener was never called');
  const [, alone, ...watched] = results;
  const rows = [alone!, ...watched].map(({ name, cpuMs, samples }) => {
    const { median, medianInterval } = pairedRatios(samples.cpuMs, alone!.samples.cpuMs);
    return [name, cpuMs.median, median, ...(medianInterval ?? [null, null])];
  });
  const single = [
    ['memoryReport(), ms', timed(200, () => pipeline.memoryReport())],
    ...(await leakDetector()),
  ];
  return {
    name: 'watching',
    environment: facts,
    tables: [
      {
        title: `one synthesis (${TEXT.length} characters, 1 thread), watched`,
        columns: ['watched by', 'processor ms', 'x alone', '95 % from', 'to'],
        rows,
      },
      { title: 'single calls', columns: ['call', 'cost'], rows: single },
    ],
    notes: ['processor time of all threads; ratios of runs of the same round, the cases in turn'],
    data: { results },
  };
}
