// Whether memoryLimitMb holds: a process for each limit, its largest RSS beside its RSS when empty.
import { ENGINE_BYTES } from '../../src/synthesis/memory-limit.js';
import { environment } from '../lib/environment.js';
import { runFresh } from '../lib/fresh/start.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'peak RSS over an empty process at memoryLimitMb 32 to 1024';

export const options = {
  limits: { kind: 'counts', default: [32, 64, 128, 256, 512, 1024], does: 'memoryLimitMb, one row each' },
  threads: { kind: 'count', default: 1, does: 'threads' },
  runs: { kind: 'count', default: 3, does: 'processes for each limit; the worst is shown' },
} as const satisfies Options;

const MIB = 2 ** 20;

/** What bench/lib/fresh/limits.mjs prints. */
export interface WithinLimit {
  emptyBytes: number;
  createdBytes: number;
  peakBytes: number;
  heapBytes: number;
  weightsBytes: number;
  resultsBytes: number;
  weights: string;
  chunkFrames: number;
  recycled: number;
  audioSeconds: number;
  cpuSeconds: number;
}

const CLAUSE = 'the quick brown fox jumps over the lazy dog at the edge of the field';

/**
 * Sentences of different lengths, two of them among the longest that are spoken in one piece, then a long
 * text.
 */
const speech = (count: number) => ({
  texts: [
    'Hello, world.',
    ...Array.from({ length: count }, (_, n) => `Number ${n}: ${CLAUSE}.`),
    `${CLAUSE} and ${CLAUSE} while ${CLAUSE}.`,
    `Then ${CLAUSE} and ${CLAUSE} while ${CLAUSE}.`,
  ],
  long: Array.from({ length: count }, (_, n) => `Paragraph ${n}. ${CLAUSE}. And then ${CLAUSE}.`).join(' '),
});

/**
 * Speaks within a limit, in a process of its own: `count` sentences and as many paragraphs, and some more.
 */
export function speakWithin(limitMb: number, threads = 1, count = 18): Promise<WithinLimit> {
  return runFresh<WithinLimit>({ name: 'limits' }, { limitMb, threads, ...speech(count) });
}

/** @throws Error on an unknown option or value, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { limits, threads, runs } = parseOptions(options, args);
  const rows: (string | number)[][] = [];
  const data: (WithinLimit & { limitMb: number })[] = [];
  for (const limitMb of limits) {
    let worst: WithinLimit | undefined;
    for (let n = 0; n < runs; n++) {
      const one = await speakWithin(limitMb, threads);
      if (!worst || one.peakBytes - one.emptyBytes > worst.peakBytes - worst.emptyBytes) worst = one;
    }
    data.push({ limitMb, ...worst! });
    const { emptyBytes, createdBytes, peakBytes, heapBytes, weightsBytes, weights, ...rest } = worst!;
    const over = (bytes: number) => Math.round((bytes - emptyBytes) / MIB);
    const isWithin = peakBytes - emptyBytes <= limitMb * MIB + ENGINE_BYTES;
    rows.push([
      limitMb,
      over(createdBytes),
      over(peakBytes),
      limitMb + ENGINE_BYTES / MIB,
      isWithin ? 'yes' : 'NO',
      Math.round(heapBytes / MIB),
      `${weights}, ${Math.round(weightsBytes / MIB)}`,
      rest.chunkFrames,
      rest.recycled,
      rest.cpuSeconds / rest.audioSeconds,
    ]);
  }
  const columns = ['limit', 'created', 'peak', 'limit + constant', 'within', 'WASM heap', 'weights', 'chunk'];
  return {
    name: 'limits',
    environment: environment({ seed: 0, warmups: 0, runs }),
    tables: [
      {
        title: `MiB over the empty process, the worst of ${runs} runs; ${threads} thread(s)`,
        columns: [...columns, 'fresh heaps', 'CPU s / audio s'],
        rows,
      },
    ],
    notes: [
      `The constant, ${ENGINE_BYTES / MIB} MiB, is what the engine takes at any limit: code, JavaScript heap, dictionary.`,
      'Empty: the process before voirs is imported. Chunk: mel frames that the vocoder takes at once.',
    ],
    data: { limits: data, engineBytes: ENGINE_BYTES },
  };
}
