// Our WGSL kernels beside the composites that they replace, shape by shape, on one adapter and taking turns:
// in Node through Dawn where that has a GPU, else in headless Chromium on its software GPU.
import { probeGpu } from '../../src/backends/webgpu/device.js';
import { openBrowser } from '../lib/browser/harness.js';
import { spread } from '../lib/comparison.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import { pairedRatios, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { alternate, type KernelAnswer, type KernelWish } from '../lib/webgpu/alternate.js';
import { kernelCases } from '../lib/webgpu/cases.js';

export const description = 'our WGSL kernels against their composites on one adapter, as ratios';

const KERNELS = [...new Set(kernelCases(8).map(({ kernel }) => kernel))];

export const options = {
  frames: { kind: 'count', default: 64, does: 'mel frames of the chunk' },
  runs: { kind: 'count', default: 9, does: 'counted runs' },
  'warm-ups': { kind: 'count', default: 2, least: 0, does: 'runs before' },
  'least-ms': { kind: 'number', default: 30, does: 'milliseconds that a run takes at least' },
  only: { kind: 'name', of: KERNELS, does: 'one kernel' },
  in: { kind: 'name', of: ['auto', 'node', 'browser'], default: 'auto', does: 'where' },
} as const satisfies Options;

/** More than this and a kernel computes something else. */
const TOLERANCE = 1e-3;
const TIMEOUT_MS = 900_000;

/** @throws Error where there is neither a GPU nor a browser. */
async function measure(wish: KernelWish, where: string): Promise<{ answer: KernelAnswer; place: string }> {
  if (where === 'node' || (where === 'auto' && (await probeGpu()).available)) {
    return { answer: await alternate(wish), place: 'Node, Dawn' };
  }
  const browser = await openBrowser({ webgpu: true });
  if (!browser) throw new Error('no GPU in Node (npm install --no-save webgpu) and no Chromium here');
  try {
    const script = new URL('../lib/webgpu/page.ts', import.meta.url);
    const page = { script, argument: wish, isolated: true, timeoutMs: TIMEOUT_MS };
    const { value } = await browser.run<KernelAnswer>(page);
    return { answer: value, place: `headless Chromium ${browser.version}` };
  } finally {
    await browser.close();
  }
}

function tableOf({ adapter, times }: KernelAnswer): Table {
  const rows = times.map(({ kernel, shape, rows, operations, ownMs, compositeMs, maxAbs }) => [
    kernel,
    shape,
    rows,
    summarize(compositeMs).median,
    summarize(ownMs).median,
    spread(pairedRatios(compositeMs, ownMs)),
    operations > 0 ? operations / summarize(ownMs).median / 1e6 : null,
    maxAbs,
  ]);
  return {
    title: adapter,
    columns: [
      'kernel',
      'shape',
      'rows',
      'composite ms',
      'own ms',
      'composite / own',
      'own GFLOP/s',
      'max-abs',
    ],
    rows,
  };
}

/**
 * @throws Error on an unknown option or value, where there is no WebGPU, or where a kernel differs from its
 * composite.
 */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const {
    frames,
    runs,
    'warm-ups': warmups,
    'least-ms': leastMs,
    only,
    in: where,
  } = parseOptions(options, args);
  const wish: KernelWish = { frames, runs, warmups, leastMs, ...(only === undefined ? {} : { only }) };
  const facts = environment({ seed: 17, warmups: wish.warmups, runs: wish.runs });
  const { answer, place } = await measure(wish, where);
  const wrong = answer.times.find(({ maxAbs }) => !(maxAbs <= TOLERANCE));
  if (wrong) throw new Error(`${wrong.kernel} ${wrong.shape} differs from its composite by ${wrong.maxAbs}`);
  return {
    name: 'webgpu-kernels',
    environment: facts,
    tables: [tableOf(answer)],
    notes: [
      `${place}; a chunk, or a sentence, of ${wish.frames} mel frames; both forms on one device, taking turns`,
      ...(answer.isGpu ? [] : ['a software GPU: these figures are not those of a GPU']),
      'ms of one dispatch of the operation: as many as take the least time, and one read of a value, divided; wall time',
      'composite / own: of the runs of one round, median with 95 % interval; over 1 ours is faster',
    ],
    data: { ...answer },
  };
}
