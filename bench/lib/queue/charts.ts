// The figures of the queue as plots for docs/scale.md: throughput, cost of a job, time until a death is noticed, and how
// many workers one Redis carries.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type EChartsOption, init } from 'echarts';
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

const SIZE = { width: 720, height: 400 };
const COLOURS = ['#005ab4', '#cd5500', '#008246', '#96288c'];
const TEXT = { fontFamily: 'sans-serif', fontSize: 13, color: '#333' };

/** What all plots share; a white ground, so that they are read on dark pages as well. */
function chart(title: string, option: EChartsOption): string {
  const instance = init(null, null, { renderer: 'svg', ssr: true, ...SIZE });
  instance.setOption({
    animation: false,
    backgroundColor: '#fff',
    color: COLOURS,
    textStyle: TEXT,
    title: { text: title, left: 'center', top: 10, textStyle: { ...TEXT, fontSize: 15, fontWeight: 'bold' } },
    legend: { bottom: 6, itemGap: 32, textStyle: TEXT },
    grid: { left: 80, right: 40, top: 50, bottom: 84 },
    ...option,
  });
  const svg = instance.renderToSVGString();
  instance.dispose();
  return svg;
}

const axis = (name: string, gap: number) =>
  ({
    name,
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: TEXT,
    axisLabel: TEXT,
    splitLine: { lineStyle: { color: '#e4e4e4' } },
  }) as const;

function throughput({ simulated }: QueueFigures): string {
  const ideal = ({ jobsPerSecond, ofIdeal }: SimulatedRun): number => jobsPerSecond / ofIdeal;
  const line = (name: string, of: (run: SimulatedRun) => number, dashed: boolean) => ({
    ...{ name, type: 'line' as const, symbolSize: dashed ? 0 : 8 },
    data: simulated.map((run) => [run.workers, of(run)]),
    ...(dashed ? { lineStyle: { type: 'dashed' as const, width: 1 } } : {}),
  });
  return chart('Throughput', {
    xAxis: { type: 'log', logBase: 2, ...axis('workers', 30) },
    yAxis: { type: 'log', logBase: 2, ...axis('jobs per second', 52) },
    series: [
      line('measured', ({ jobsPerSecond }) => jobsPerSecond, false),
      line('workers / mean wait', ideal, true),
    ],
  });
}

function costOfJob({ simulated }: QueueFigures): string {
  const bars = (name: string, of: (run: SimulatedRun) => number) => ({
    ...{ name, type: 'bar' as const, stack: 'all', barWidth: '50%' },
    data: simulated.map((run) => Number(of(run).toFixed(3))),
  });
  return chart('Processor time that the queue takes from a job', {
    xAxis: {
      type: 'category',
      data: simulated.map(({ workers }) => String(workers)),
      ...axis('workers', 30),
    },
    yAxis: { type: 'value', ...axis('milliseconds a job', 52) },
    series: [
      bars('adding it', ({ addMs }) => addMs),
      bars('worker', ({ workMs }) => workMs),
      bars('Redis', ({ redisMs }) => redisMs),
    ],
  });
}

function death({ noticed, lock }: QueueFigures): string {
  const sorted = [...noticed].sort((a, b) => a - b);
  return chart('Killed workers: until another begins the part', {
    legend: { show: false },
    xAxis: { type: 'value', min: 0, max: 2.5, ...axis('times --lock-seconds', 30) },
    yAxis: { type: 'value', min: 0, max: 100, ...axis('% of the deaths noticed', 52) },
    series: [
      {
        ...{ type: 'line', step: 'end', symbolSize: 8 },
        data: [
          [0, 0],
          ...sorted.map((seconds, i) => [seconds / lock, (100 * (i + 1)) / sorted.length]),
          [2.5, 100],
        ],
      },
    ],
  });
}

function carried({ loads: { perWorkerMs, connections, share } }: QueueFigures): string {
  const most = (1000 * share) / perWorkerMs;
  const end = 1.4 * most;
  const upright = (name: string, at: number, colour: string) => ({
    ...{ name, type: 'line' as const, symbolSize: 0, color: colour },
    data: [
      [at, 0],
      [at, 100],
    ],
    lineStyle: { type: 'dashed' as const },
  });
  return chart('Workers that one Redis carries, parts of five minutes', {
    xAxis: { type: 'value', min: 0, max: Math.ceil(end / 1000) * 1000, ...axis('workers at work', 30) },
    yAxis: { type: 'value', min: 0, max: 100, ...axis('% of a core that Redis takes', 52) },
    series: [
      {
        ...{ name: 'processor time', type: 'line', symbolSize: 0 },
        data: [
          [0, 0],
          [end, (end * perWorkerMs) / 10],
        ],
      },
      upright(`${100 * share} % of a core`, most, COLOURS[1]!),
      upright('10,000 connections (maxclients as it comes)', 10_000 / connections, COLOURS[3]!),
    ],
  });
}

/** Writes the plots. @returns their paths. */
export function queueCharts(folder: string, figures: QueueFigures): string[] {
  mkdirSync(folder, { recursive: true });
  const charts = { throughput, cost: costOfJob, death, carried };
  return Object.entries(charts).map(([name, draw]) => {
    const path = join(folder, `scale-${name}.svg`);
    writeFileSync(path, `${draw(figures)}\n`);
    return path;
  });
}
