// The figures of the queue as plots for docs/scale.md: throughput, cost of a job, time until a death is noticed, and how
// many workers one Redis carries.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { SimulatedRun } from './simulated-workers.js';

/** What is drawn. */
export interface QueueFigures {
  simulated: readonly SimulatedRun[];
  /** Seconds. */
  noticed: readonly number[];
  lock: number;
  loads: {
    /** Milliseconds of Redis's processor time that a worker at work takes in a second. */
    perWorkerMs: number;
    /** Of a worker. */
    connections: number;
    /** Of a core that Redis may take, 0 to 1. */
    share: number;
  };
}

const COLOURS = ['#005ab4', '#cd5500', '#008246', '#96288c'];
/** A white ground, so that they are read on dark pages as well. */
const SHARED = {
  ...{ width: 620, height: 300, padding: 10, background: 'white' },
  config: {
    axis: { labelFontSize: 12, titleFontSize: 13, titleFontWeight: 'normal', gridColor: '#e4e4e4' },
    legend: { orient: 'bottom', title: null, labelFontSize: 12, labelLimit: 400 },
    range: { category: COLOURS },
  },
} as const;
const SERIES = { field: 'name', type: 'nominal', sort: null } as const;

/** A row of what is drawn. */
type Point = { name: string; x: number | string; y: number; rank?: number };
type Chart = Omit<Extract<TopLevelSpec, { mark: unknown }>, 'data'>;

async function svgOf(title: string, values: Point[], chart: Chart): Promise<string> {
  const spec: TopLevelSpec = { ...SHARED, title, data: { values }, ...chart };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

function throughput({ simulated }: QueueFigures): Promise<string> {
  const ideal = 'workers / mean wait';
  const points = simulated.flatMap(({ workers, jobsPerSecond, ofIdeal }) => [
    { name: 'measured', x: workers, y: jobsPerSecond },
    { name: ideal, x: workers, y: jobsPerSecond / ofIdeal },
  ]);
  const scale = { type: 'log', base: 2, nice: false } as const;
  return svgOf('Throughput', points, {
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale, title: 'workers' },
      y: { field: 'y', type: 'quantitative', scale, title: 'jobs per second' },
      color: SERIES,
      strokeDash: { ...SERIES, scale: { range: [[], [4, 4]] } },
    },
  });
}

function costOfJob({ simulated }: QueueFigures): Promise<string> {
  const points = simulated.flatMap((run) =>
    Object.entries({
      'adding it': run.addMs,
      worker: run.workMs,
      Redis: run.redisMs,
      'joining the book': run.joinMs,
    }).map(([name, y], rank) => ({ name, x: String(run.workers), y, rank })),
  );
  return svgOf('Processor time that the queue takes from a job', points, {
    mark: { type: 'bar', width: { band: 0.5 } },
    encoding: {
      x: { field: 'x', type: 'ordinal', sort: null, title: 'workers', axis: { labelAngle: 0 } },
      y: { field: 'y', type: 'quantitative', title: 'milliseconds a job' },
      order: { field: 'rank' },
      color: SERIES,
    },
  });
}

function death({ noticed, lock }: QueueFigures): Promise<string> {
  const most = 2.5;
  const sorted = [...noticed].sort((a, b) => a - b);
  const points = [
    { name: '', x: 0, y: 0 },
    ...sorted.map((seconds, i) => ({ name: '', x: seconds / lock, y: (100 * (i + 1)) / sorted.length })),
    { name: '', x: Math.max(most, ...sorted.map((seconds) => seconds / lock)), y: 100 },
  ];
  return svgOf('Killed workers: until another begins the part', points, {
    mark: { type: 'line', interpolate: 'step-after', color: COLOURS[0]!, point: { color: COLOURS[0]! } },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: 'times --lock-seconds' },
      y: { field: 'y', type: 'quantitative', title: '% of the deaths noticed', scale: { domain: [0, 100] } },
    },
  });
}

function carried({ loads: { perWorkerMs, connections, share } }: QueueFigures): Promise<string> {
  const most = (1000 * share) / perWorkerMs;
  const byConnections = 10_000 / connections;
  const end = 1.4 * Math.max(most, byConnections);
  const upright = (name: string, x: number): Point[] => [
    { name, x, y: 0 },
    { name, x, y: 100 },
  ];
  const points = [
    { name: 'processor time', x: 0, y: 0 },
    { name: 'processor time', x: end, y: (end * perWorkerMs) / 10 },
    ...upright(`${100 * share} % of a core`, most),
    ...upright('10,000 connections (maxclients as it comes)', byConnections),
  ];
  return svgOf('Workers that one Redis carries, parts of five minutes', points, {
    mark: { type: 'line', clip: true },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: 'workers at work' },
      y: {
        ...{ field: 'y', type: 'quantitative', title: '% of a core that Redis takes' },
        scale: { domain: [0, 100] },
      },
      color: SERIES,
      strokeDash: { ...SERIES, scale: { range: [[], [4, 4], [4, 4]] } },
    },
  });
}

/** Writes the plots. @returns their paths. */
export async function queueCharts(folder: string, figures: QueueFigures): Promise<string[]> {
  mkdirSync(folder, { recursive: true });
  const charts = { throughput, cost: costOfJob, death, carried };
  return Promise.all(
    Object.entries(charts).map(async ([name, draw]) => {
      const path = join(folder, `scale-${name}.svg`);
      writeFileSync(path, `${await draw(figures)}\n`);
      return path;
    }),
  );
}
