// Our engine and the rivals on one model and the same inputs, in turns: their ratio holds on a busy machine,
// where their times do not.

import type { RivalTensors } from '../rivals/rival.js';
import { difference } from '../rivals/tensors.js';
import { secondsOf } from './inputs.js';
import { type MeasuredCase, type Measurement, type MeasureOptions, measure } from './measure.js';
import type { Table } from './report.js';
import { pairedRatios, type Summary } from './statistics.js';

/** One engine with the model and the inputs loaded. */
export interface Contestant {
  name: string;
  run(): Promise<RivalTensors>;
}

/** A rival's time divided by ours, round by round; over 1 we are faster. */
export interface Ratio {
  rival: string;
  wall: Summary;
  cpu: Summary;
}

/** One model, all engines. */
export interface Comparison {
  model: string;
  audioSeconds: number;
  measurements: Measurement[];
  /** Largest difference of each engine's output from the first one's. */
  differences: number[];
  /** Against the first contestant, for each one after it. */
  ratios: Ratio[];
}

/** A larger difference means that an engine does not compute the same network. */
const TOLERANCE = 1e-3;

/**
 * The first contestant is ours.
 * @throws Error when another's output differs from it: their times are then not comparable.
 */
export async function compare(
  model: string,
  frames: number,
  contestants: readonly Contestant[],
  options: MeasureOptions,
): Promise<Comparison> {
  const outputs: RivalTensors[] = [];
  for (const { run } of contestants) outputs.push(await run());
  const differences = outputs.map((output) => difference(outputs[0]!, output));
  for (const [i, { name }] of contestants.entries()) {
    if (differences[i]! <= TOLERANCE) continue;
    throw new Error(`${name} differs from ${contestants[0]!.name} by ${differences[i]} on ${model}`);
  }
  const cases = contestants.map(({ name, run }): MeasuredCase => ({ name, run }));
  const measurements = await measure(cases, options);
  const [ours, ...others] = measurements;
  const ratios = others.map(({ name, samples }) => ({
    rival: name,
    wall: pairedRatios(samples.wallMs, ours!.samples.wallMs),
    cpu: pairedRatios(samples.cpuMs, ours!.samples.cpuMs),
  }));
  return { model, audioSeconds: secondsOf(frames), measurements, differences, ratios };
}

/** Every engine's row, its ratio to ours beside it. */
export function comparisonTable(title: string, comparisons: readonly Comparison[]): Table {
  const rows: Table['rows'] = [];
  for (const { model, audioSeconds, measurements, differences, ratios } of comparisons) {
    for (const [i, { name, wallMs, cpuMs }] of measurements.entries()) {
      const ratio = ratios[i - 1];
      rows.push([
        model,
        name,
        audioSeconds,
        wallMs.median,
        wallMs.iqr,
        cpuMs.median,
        wallMs.median / 1000 / audioSeconds,
        cpuMs.median / 1000 / audioSeconds,
        ratio ? spread(ratio.wall) : '1',
        ratio ? spread(ratio.cpu) : '1',
        differences[i]!,
      ]);
    }
  }
  const columns = [
    'model',
    'engine',
    'audio s',
    'wall ms',
    'IQR',
    'CPU ms',
    'RTF wall',
    'RTF CPU',
    'x our wall (interval)',
    'x our CPU (interval)',
    'max-abs',
  ];
  return { title, columns, rows };
}

/** The median with its 95 % interval, or with least and most where there are too few samples for one. */
export function spread({ median, medianInterval, min, max }: Summary): string {
  const [low, high] = medianInterval ?? [min, max];
  return `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`;
}
