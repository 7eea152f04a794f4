// How far the models are from what 128-bit multiply-adds allow: the products that a run makes, the time that they take
// at the machine's peak, ours, and the rivals', who may use wider vectors, in turns.
import { FFT_PLANES, FFT_POINTS, TOOM_PLANES, toomOutputs } from '../../src/backends/wasm/transforms.js';
import { sharedNotes } from '../lib/cache.js';
import { spread } from '../lib/comparison.js';
import { acousticRun, openEngine, vocoderRun } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { acousticInputs, framesOf, vocoderInputs } from '../lib/inputs.js';
import { watchKernels } from '../lib/kernel-calls.js';
import { type MeasuredCase, measure } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import { peakLoop } from '../lib/peak.js';
import type { Report, Table } from '../lib/report.js';
import { pairedRatios, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { loadContestant, onnxOrNote } from '../rivals/beside.js';
import { openRivals } from '../rivals/models.js';
import { exportedVoice } from '../rivals/onnx/ensure.js';

export const description = "the models' products at the peak of 128-bit multiply-adds, beside onnxruntime";

export const options = {
  seconds: { kind: 'number', default: 9, does: 'audio' },
  runs: { kind: 'count', default: 15, does: 'counted runs' },
} as const satisfies Options;

const SEED = 1;

/**
 * Multiply-adds of one call of a kernel, by the arguments that src/backends/wasm/convolution-methods.ts gives it; those of
 * an upsampling's zero taps, which are skipped, are counted too. Layer norm has none to speak of.
 */
export function multiplyAdds(name: string, args: readonly number[]): number {
  const [kind, last] = [name.replace(/[_\d].*/, ''), Number(name.split('_').at(-1))];
  if (kind === 'direct') {
    const [rows, cin, cout, taps] = args.slice(8, 12) as [number, number, number, number];
    return rows * cin * cout * taps; // x, y, weights, ranges, biases, residual, sum, size, rows: see directCall
  }
  if (kind === 'dot') return args[7]! * args[8]! * args[9]!;
  if (kind === 'toom' || kind === 'fft') {
    const taps = Number(/\d+/.exec(name)![0]);
    const isWide = name.includes('_wide_');
    const channels = isWide ? args[8]! * args[9]! : last ** 2;
    const [planes, outputs] =
      kind === 'toom' ? [TOOM_PLANES, toomOutputs(taps)] : [FFT_PLANES, FFT_POINTS + 1 - taps];
    return (args[7]! * channels * planes) / outputs;
  }
  if (name === 'attention') return 2 * args[3]! ** 2 * args[4]! * args[5]!; // scores and values: n n heads width each
  return 0;
}

/** Multiply-adds of all kernels while `work` runs. */
export async function countProducts(work: () => Promise<unknown>): Promise<number> {
  let count = 0;
  using _ = watchKernels((name, args, run) => {
    count += multiplyAdds(name, args);
    run();
  });
  await work();
  return count;
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { seconds, runs } = parseOptions(options, args);
  const protocol = { seed: SEED, warmups: 3, runs };
  const notes = sharedNotes('voices/aspen'); // its 16-bit form
  const rivals = await openRivals(notes);
  const facts = environment({
    ...protocol,
    versions: Object.fromEntries(rivals.map(({ name, version }) => [name, version])),
  });
  const loop = await peakLoop();
  await using engine = await openEngine({ backend: 'wasm', threads: 1, weights: exportedVoice() });
  const frames = framesOf(seconds);
  const rows: Table['rows'] = [];
  const ours = {
    'acoustic-forced': acousticRun(engine.models, acousticInputs(frames, SEED)),
    vocoder: vocoderRun(engine.models.vocoder, vocoderInputs(frames, SEED)),
  };
  let peak = 0;
  for (const model of ['acoustic-forced', 'vocoder'] as const) {
    const own = ours[model];
    const gflop = (2 * (await countProducts(own))) / 1e9;
    const cases: MeasuredCase[] = [
      { name: 'peak', run: loop.run },
      { name: 'voirs', run: own },
    ];
    const onnx = rivals.length > 0 ? await onnxOrNote(model, notes) : undefined;
    const contestants = [];
    for (const rival of onnx === undefined ? [] : rivals)
      contestants.push(await loadContestant(rival, onnx!, model, { frames, seed: SEED, threads: 1 }));
    const [alone, voirs, ...others] = await measure([...cases, ...contestants], protocol);
    for (const contestant of contestants) await contestant[Symbol.asyncDispose]();
    peak = Math.max(peak, loop.gflop / (alone!.cpuMs.min / 1000));
    const bound = alone!.samples.cpuMs.map((ms) => (gflop / loop.gflop) * ms); // round by round
    const share = 100 * pairedRatios(bound, voirs!.samples.cpuMs).median;
    rows.push([model, 'voirs', gflop, summarize(bound).median, voirs!.cpuMs.median, share, '1', '']);
    for (const { name, cpuMs, samples } of others) {
      const now = spread(pairedRatios(samples.cpuMs, voirs!.samples.cpuMs));
      rows.push([
        ...[model, name, null, null, cpuMs.median, null],
        ...[now, spread(pairedRatios(samples.cpuMs, bound))],
      ]);
    }
  }
  notes.unshift(
    `peak of 128-bit multiply-adds in this runtime: ${peak.toFixed(1)} GFLOP/s; processor time, one thread, in turns`,
    'GFLOP: products after the transforms, without the maps to and from their planes',
    'at the peak: as many times as fast as the rival would be voirs if it made these products at the peak and did nothing else',
  );
  return {
    name: 'roofline',
    environment: facts,
    tables: [
      {
        title: `${seconds} s of audio`,
        columns: [
          ...['model', 'engine', 'GFLOP', 'ms at the peak', 'CPU ms', '% of the peak'],
          ...['rival / voirs (interval)', 'at the peak'],
        ],
        rows,
      },
    ],
    notes,
    data: { peak },
  };
}
