// How long reset() takes, which releases memory between syntheses: when there is little to release, and when
// a WebAssembly heap that has outgrown its limit is replaced by a fresh one with the weights copied.
import * as tf from '#tf';
import { acquireBackend } from '../../src/backends/registry.js';
import { VoirsPipeline } from '../../src/index.js';
import type { MemoryPlan } from '../../src/synthesis/memory-limit.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import { type Summary, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'milliseconds of reset(), with and without a heap to replace';

export const options = {
  limits: { kind: 'counts', default: [32, 128, 256], does: 'memoryLimitMb' },
  threads: { kind: 'counts', default: [1, 2], does: 'threads' },
  runs: { kind: 'count', default: 11, does: 'counted resets of each kind' },
  'warm-ups': { kind: 'count', default: 2, least: 0, does: 'resets before' },
} as const satisfies Options;

const MIB = 2 ** 20;
const TEXT = 'The birch canoe slid on the smooth planks.';

/** Grows the heap by `bytes`, as a very long sentence might. */
export async function outgrow(numThreads: number, bytes: number): Promise<void> {
  const { backend, release } = await acquireBackend('wasm', { numThreads });
  await backend.queue.run(() => backend.run(() => tf.tensor1d(new Float32Array(bytes / 4))).dispose());
  await release();
}

/** Times of resets at one limit, and bytes of the heap before and after the last. */
interface ResetTimes {
  limitMb: number;
  threads: number;
  weights: string;
  weightsBytes: number;
  within: Summary;
  outgrown: Summary;
  fromBytes: number;
  toBytes: number;
}

async function timeResets(
  limitMb: number,
  threads: number,
  counts: { warmups: number; runs: number },
): Promise<ResetTimes> {
  await using pipeline = await VoirsPipeline.create({
    memoryLimitMb: limitMb,
    numThreads: threads,
    backend: 'wasm',
  });
  const heapBytes = (): number => pipeline.memoryReport().native!.wasmHeapBytes!;
  const { modelCache, configuration } = pipeline.memoryReport();
  const { weights, workingHeapBytes } = configuration!.settings.memoryPlan as MemoryPlan;
  const times: Record<'within' | 'outgrown', number[]> = { within: [], outgrown: [] };
  let sizes = { fromBytes: 0, toBytes: 0 };
  for (let n = -counts.warmups; n < counts.runs; n++) {
    for (const kind of ['within', 'outgrown'] as const) {
      (await pipeline.synthesize(TEXT)).dispose(); // a result is kept, and a slab exists
      if (kind === 'outgrown') await outgrow(threads, workingHeapBytes + 16 * MIB);
      const fromBytes = heapBytes();
      const started = performance.now();
      await pipeline.reset();
      const elapsed = performance.now() - started;
      if (n >= 0) times[kind].push(elapsed);
      if (kind === 'outgrown') {
        sizes = { fromBytes, toBytes: heapBytes() };
        if (sizes.toBytes >= fromBytes) throw new Error(`the heap has stayed at ${fromBytes} bytes`);
      }
    }
  }
  return {
    limitMb,
    threads,
    weights,
    weightsBytes: modelCache!.weightsBytes!,
    within: summarize(times.within),
    outgrown: summarize(times.outgrown),
    ...sizes,
  };
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { limits, threads: counts, runs, 'warm-ups': warmups } = parseOptions(options, args);
  const facts = environment({ seed: 1, runs, warmups });
  const results: ResetTimes[] = [];
  for (const threads of counts)
    for (const limit of limits) results.push(await timeResets(limit, threads, { runs, warmups }));
  const middle = ({ median, max }: Summary): [number, number] => [median, max];
  return {
    name: 'reset',
    environment: facts,
    tables: [
      {
        title: `reset(), ms over ${runs} runs`,
        columns: [
          'memoryLimitMb',
          'threads',
          'weights, MiB',
          'within the limit',
          'most',
          'outgrown',
          'most',
          'heap from, MiB',
          'to',
        ],
        rows: results.map(
          ({ limitMb, threads, weights, weightsBytes, within, outgrown, fromBytes, toBytes }) => [
            limitMb,
            threads,
            `${weights}, ${Math.round(weightsBytes / MIB)}`,
            ...middle(within),
            ...middle(outgrown),
            Math.round(fromBytes / MIB),
            Math.round(toBytes / MIB),
          ],
        ),
      },
    ],
    notes: [
      'within the limit: kept results and free slabs are dropped; outgrown: the WebAssembly heap is also left for a fresh one, with the weights copied',
      'medians, and the longest of all runs',
    ],
    data: { results },
  };
}
