// Where the kernels' time goes in speech, and how much a further thread saves: pipelines of one and of
// several threads speak the same sentence in turns, and every call of a kernel is timed.
import { VoirsPipeline } from '../../src/pipeline.js';
import { spread } from '../lib/comparison.js';
import { environment } from '../lib/environment.js';
import { watchKernels } from '../lib/kernel-calls.js';
import { measure } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import { pairedRatios, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { LONG_SENTENCE } from './pipeline.js';

export const description = 'time of each kernel in speech, on one thread and on several';

export const options = {
  threads: { kind: 'count', default: 2, least: 2, does: 'threads of the second pipeline' },
  runs: { kind: 'count', default: 15, does: 'counted runs' },
  'warm-ups': { kind: 'count', default: 4, least: 0, does: 'runs before' },
  text: { kind: 'text', default: LONG_SENTENCE, does: 'what is spoken (default a sentence of ten seconds)' },
} as const satisfies Options;

/** Milliseconds and calls of each kernel in one run. */
type Times = Map<string, { ms: number; calls: number }>;

/** Times every call of a kernel until it is disposed; `take` returns the times since the last call. */
function timeKernels(): Disposable & { take(): Times } {
  let times: Times = new Map();
  const watched = watchKernels((name, _, run) => {
    const before = performance.now();
    run();
    const { ms, calls } = times.get(name) ?? { ms: 0, calls: 0 };
    times.set(name, { ms: ms + performance.now() - before, calls: calls + 1 });
  });
  return {
    take() {
      const taken = times;
      times = new Map();
      return taken;
    },
    [Symbol.dispose]: () => watched[Symbol.dispose](),
  };
}

/** @throws Error on an unknown option or value, or where there are no threads. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, runs, 'warm-ups': warmups, text } = parseOptions(options, args);
  const counts = { warmups, runs };
  const facts = environment({ seed: 0, ...counts });
  await using one = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1, cacheSize: 0 });
  await using several = await VoirsPipeline.create({ backend: 'wasm', numThreads: threads, cacheSize: 0 });
  if (several.backend.threads !== threads) throw new Error(several.backend.threadsReason);
  using kernels = timeKernels();
  let audioSeconds = 0;
  const kept: Times[][] = [[], []];
  const cases = [one, several].map((pipeline, i) => ({
    name: `${i === 0 ? 1 : threads} thread(s)`,
    async run() {
      kernels.take();
      using audio = await pipeline.synthesize(text);
      audioSeconds = audio.duration;
      kept[i]!.push(kernels.take());
    },
  }));
  const [alone, shared] = await measure(cases, counts);
  const counted = kept.map((runs) => runs.slice(warmups));
  const inRuns = (part: (times: Times) => number) => {
    const [before, after] = counted.map((runs) => runs.map(part));
    return { before: before!, after: after! };
  };
  const rows = [...counted[0]![0]!].map(([name, { calls }]) => ({
    name,
    calls,
    ...inRuns((times) => times.get(name)!.ms),
  }));
  rows.sort((a, b) => summarize(b.before).median - summarize(a.before).median);
  const sum = (times: Times, of: 'ms' | 'calls') => [...times.values()].reduce((n, time) => n + time[of], 0);
  const whole = { before: alone!.samples.wallMs, after: shared!.samples.wallMs };
  const lines = [
    { name: 'whole synthesis', calls: 1, ...whole },
    { name: 'all kernels', calls: sum(counted[0]![0]!, 'calls'), ...inRuns((times) => sum(times, 'ms')) },
    ...rows,
  ];
  const columns = [
    'what',
    'calls',
    '1 thread ms',
    '% of all',
    `${threads} threads ms`,
    'times as fast (interval)',
  ];
  return {
    name: 'threads',
    environment: facts,
    tables: [
      {
        title: `kernels in ${audioSeconds.toFixed(1)} s of speech`,
        columns,
        rows: lines.map(({ name, calls, before, after }) => {
          const [a, b] = [summarize(before).median, summarize(after).median];
          const fast = spread(pairedRatios(before, after));
          return [name, calls, a, 100 * (a / alone!.wallMs.median), b, fast];
        }),
      },
    ],
    notes: ['wall time, medians; the two pipelines take turns; everything but kernels runs on one thread'],
    data: { lines },
  };
}
