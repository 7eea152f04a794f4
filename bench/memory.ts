// Whether memory grows: a process of its own synthesises many times and notes every kind of memory after each.
import { parseArgs } from 'node:util';
import { benchText } from '../src/cli/bench-text.js';
import { environment } from './environment.js';
import { runFresh } from './fresh/start.js';
import type { Report, Table } from './report.js';
import { linearFit } from './statistics.js';
import type { SuiteOptions } from './suite.js';

export const description = 'RSS, JS heap, WASM heap and arena over many syntheses, with their slopes';

/** What bench/fresh/memory.mjs notes after a synthesis: bytes, and a count of tensors. */
interface MemorySample {
  rss: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  wasmHeap?: number;
  arena: number;
  arenaUsed: number;
  tensors: number;
}

interface Course {
  /** Before the first synthesis, then after each. */
  samples: MemorySample[];
  audioSeconds: number;
  peakRssBytes: number;
}

const KINDS: [key: keyof MemorySample, title: string][] = [
  ['rss', 'RSS'],
  ['heapUsed', 'JS heap'],
  ['external', 'external'],
  ['arrayBuffers', 'ArrayBuffers'],
  ['wasmHeap', 'WASM heap'],
  ['arena', 'arena capacity'],
  ['arenaUsed', 'arena in use'],
];

/** Texts of 1 to 8 seconds, all different. */
function texts(seed: number): string[] {
  return [1, 2, 3, 5, 8, 2, 4, 6, 3, 7].map((seconds, n) => benchText(seconds, seed + n));
}

/** @throws Error on an unknown option, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      count: { type: 'string', default: '100' },
      'warm-ups': { type: 'string', default: '20' },
      seed: { type: 'string', default: '1' },
    },
  });
  const protocol = {
    seed: Number(values.seed),
    warmups: Number(values['warm-ups']),
    runs: Number(values.count),
  };
  const facts = environment(protocol);
  const count = protocol.warmups + protocol.runs;
  const input = { texts: texts(protocol.seed), count, threads: Number(values.threads) };
  const course = await runFresh<Course>({ name: 'memory', nodeFlags: ['--expose-gc'] }, input);
  const counted = course.samples.slice(protocol.warmups + 1);
  const numbers = counted.map((_, n) => n);
  const rows: Table['rows'] = [];
  const slopes: Record<string, unknown> = {};
  for (const [key, title] of KINDS) {
    const of = (sample: MemorySample | undefined) => sample?.[key];
    if (of(counted[0]) === undefined) continue;
    const kibibytes = counted.map((sample) => of(sample)! / 1024);
    const fit = linearFit(numbers, kibibytes);
    slopes[key] = fit;
    const mebibytes = [course.samples[0], counted[0], counted.at(-1)].map(
      (sample) => (of(sample) ?? 0) / 2 ** 20,
    );
    rows.push([title, ...mebibytes, Math.max(...kibibytes) / 1024, fit.slope, ...fit.slopeInterval]);
  }
  const columns = ['memory', 'loaded MiB', 'first', 'last', 'most', 'KiB per synthesis', '95 % from', 'to'];
  const tensors = counted.map((sample) => sample.tensors);
  const notes = [
    `${protocol.runs} syntheses after ${protocol.warmups} that are not counted, ${course.audioSeconds.toFixed(0)} s of audio in all, ${values.threads} thread(s); gc() before each reading`,
    `tensors alive: ${Math.min(...tensors)} to ${Math.max(...tensors)} over all counted syntheses; peak RSS ${Math.round(course.peakRssBytes / 2 ** 20)} MiB`,
    'slopes by least squares; neighbouring readings are not independent, so the intervals are rather too narrow',
  ];
  return {
    name: 'memory',
    environment: facts,
    tables: [{ title: 'memory over syntheses', columns, rows }],
    notes,
    data: { ...course, slopes },
  };
}
