// Where the time goes inside the two models: every kernel that TensorFlow.js runs, cold and warm.
import * as tf from '#tf';
import { backendNames } from '../../src/backends/registry.js';
import { acousticRun, openEngine, vocoderRun } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { acousticInputs, framesOf, vocoderInputs } from '../lib/inputs.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import { quantile } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description =
  'time by kernel and shape in acoustic model and vocoder, cold and warm (tf.profile)';

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads' },
  backend: { kind: 'name', of: backendNames(), default: 'wasm', does: 'backend' },
  seconds: { kind: 'number', default: 4, does: 'audio' },
  runs: { kind: 'count', default: 7, does: 'counted runs' },
  top: { kind: 'count', default: 20, does: 'rows of the tables by shape' },
} as const satisfies Options;

/** One kernel call. */
interface Call {
  kernel: string;
  /** Shapes of inputs and output, as printed. */
  shapes: string;
  milliseconds: number;
  /** Multiplications and additions of a convolution or matrix product; 0 for everything else. */
  operations: number;
}

/** All kernel calls of one run, and what lies between them. */
interface Profile {
  calls: Call[];
  wallMs: number;
}

/** Calls that are alike, over one run. */
interface Group {
  kernel: string;
  shapes: string;
  calls: number;
  coldMs: number;
  warmMs: number;
  operations: number;
}

type Shape = readonly number[] | null;

/** 2 x multiply-adds; the filter or the second matrix is the second input. */
function operationsOf(kernel: string, [a, b]: Shape[], out: readonly number[]): number {
  if (!a || !b) return 0;
  const outputs = out.reduce((product, extent) => product * extent, 1);
  if (/Conv2D$/.test(kernel)) return 2 * outputs * b[0]! * b[1]! * b[2]!;
  if (/MatMul$/.test(kernel)) return 2 * outputs * a.at(-1)!;
  return 0;
}

/**
 * Runs a model once under tf.profile. Kernels of our backends are synchronous, so their times are the work's.
 */
async function profileOnce(run: () => Promise<unknown>): Promise<Profile> {
  // tf.profile gathers into lists that the engine keeps, so they are read at once.
  const before = performance.now();
  let wallMs = 0;
  const { kernels } = await tf.engine().profile(async () => {
    await run();
    wallMs = performance.now() - before;
    return [];
  });
  const calls: Call[] = [];
  // Some operations are listed twice: as the kernel and as the function that calls it.
  const own = kernels.filter(({ name }) => !name.endsWith('__op'));
  for (const { name, inputShapes, outputShapes, kernelTimeMs } of own) {
    const milliseconds = Number(await kernelTimeMs);
    const inputs = inputShapes as Shape[];
    const output = (outputShapes as number[][])[0]!;
    const text = inputs.filter((shape) => shape !== null).map((shape) => shape.join('x'));
    const operations = operationsOf(name, inputs, output);
    calls.push({
      kernel: name,
      shapes: `${text.join(' ')} -> ${output.join('x')}`,
      milliseconds,
      operations,
    });
  }
  return { calls, wallMs };
}

/** Runs are alike call by call, so a group's warm time is the median over runs of its sum. */
function group(
  cold: Profile,
  warm: Profile[],
  by: (call: Call) => [kernel: string, shapes: string],
): Group[] {
  const groups = new Map<string, Group>();
  const sums = warm.map(() => new Map<string, number>());
  for (const call of cold.calls) {
    const [kernel, shapes] = by(call);
    const key = `${kernel} ${shapes}`;
    const one = groups.get(key) ?? { kernel, shapes, calls: 0, coldMs: 0, warmMs: 0, operations: 0 };
    one.calls++;
    one.coldMs += call.milliseconds;
    one.operations += call.operations;
    groups.set(key, one);
  }
  for (const [i, { calls }] of warm.entries()) {
    for (const call of calls) {
      const key = by(call).join(' ');
      sums[i]!.set(key, (sums[i]!.get(key) ?? 0) + call.milliseconds);
    }
  }
  for (const [key, one] of groups) {
    const times = sums.map((sum) => sum.get(key) ?? 0).sort((a, b) => a - b);
    one.warmMs = quantile(times, 0.5);
  }
  return [...groups.values()].sort((a, b) => b.warmMs - a.warmMs);
}

function tableOf(title: string, groups: Group[], total: { coldMs: number; warmMs: number }): Table {
  const rows = groups.map(({ kernel, shapes, calls, coldMs, warmMs, operations }): Table['rows'][number] => [
    kernel,
    shapes,
    calls,
    coldMs,
    warmMs,
    (100 * warmMs) / total.warmMs,
    operations > 0 ? operations / 1e9 : null,
    operations > 0 ? operations / warmMs / 1e6 : null,
  ]);
  const columns = [
    'kernel',
    'shapes',
    'calls',
    'cold ms',
    'warm ms',
    'share of warm wall %',
    'GFLOP',
    'GFLOP/s warm',
  ];
  return { title, columns, rows };
}

/** By kernel, then by kernel and shape (the `top` most expensive). */
function tablesOf(model: string, cold: Profile, warm: Profile[], top: number): Table[] {
  const walls = warm.map(({ wallMs }) => wallMs).sort((a, b) => a - b);
  const total = { coldMs: cold.wallMs, warmMs: quantile(walls, 0.5) };
  const byKernel = group(cold, warm, ({ kernel }) => [kernel, '']);
  const inside = (of: (one: Group) => number) => byKernel.reduce((sum, one) => sum + of(one), 0);
  byKernel.push({
    kernel: '(outside kernels)',
    shapes: '',
    calls: 0,
    coldMs: total.coldMs - inside((one) => one.coldMs),
    warmMs: total.warmMs - inside((one) => one.warmMs),
    operations: 0,
  });
  byKernel.push({
    kernel: '(whole run)',
    shapes: '',
    calls: cold.calls.length,
    ...total,
    operations: inside((one) => one.operations),
  });
  const byShape = group(cold, warm, ({ kernel, shapes }) => [kernel, shapes]).slice(0, top);
  return [
    tableOf(`${model}, by kernel`, byKernel, total),
    tableOf(`${model}, by shape, the ${byShape.length} longest`, byShape, total),
  ];
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, backend, seconds, runs, top } = parseOptions(options, args);
  const protocol = { seed: 1, warmups: 4, runs };
  const facts = environment(protocol);
  const frames = framesOf(seconds);
  await using engine = await openEngine({ backend, threads });
  const cases = [
    { name: 'acoustic', run: acousticRun(engine.models, acousticInputs(frames, protocol.seed)) },
    { name: 'vocoder', run: vocoderRun(engine.models.vocoder, vocoderInputs(frames, protocol.seed)) },
  ];
  const tables: Table[] = [];
  for (const one of cases) {
    const cold = await profileOnce(one.run);
    for (let n = 0; n < protocol.warmups; n++) await one.run();
    const warm: Profile[] = [];
    for (let n = 0; n < protocol.runs; n++) warm.push(await profileOnce(one.run));
    tables.push(...tablesOf(one.name, cold, warm, top));
  }
  const notes = [
    `${seconds} s of audio in one piece, ${backend}, ${engine.backend.threads} thread(s); cold is the first run after the weights were loaded, warm the median of the counted runs`,
    'cold includes what happens once: XNNPACK packs each filter, the heap grows page by page, V8 compiles',
    'outside kernels: our JavaScript (positions, layouts), the engine of TensorFlow.js, copies in and out',
  ];
  return { name: 'profile', environment: facts, tables, notes };
}
