// Every backend beside the rivals: speed, memory, start, size and whether they say the same, as a table and a chart.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cachePath } from './cache.js';
import { spread } from './comparison.js';
import { environment } from './environment.js';
import { type Bar, barChart } from './matrix/chart.js';
import {
  ask,
  ENGINES,
  installedBytes,
  type MatrixEngine,
  titleOf,
  type VocodeAnswer,
} from './matrix/engines.js';
import { parityTables } from './parity.js';
import { markdownTable, type Report, type Table } from './report.js';
import { ensureOnnx } from './rivals/onnx/ensure.js';
import { pairedRatios, type Summary, summarize } from './statistics.js';
import type { SuiteOptions } from './suite.js';
import { isUnavailable } from './unavailable.js';

export const description = 'all backends and rivals: speed, memory, start-up, size, parity; with a chart';

/** The rival that ratios are to, at as many threads. */
const YARDSTICK = 'onnxruntime-node';

/** One engine, all its rounds. */
interface Measured {
  engine: MatrixEngine;
  rounds: VocodeAnswer[];
}

/** Processor time per second of audio, one figure a round. */
const rtfs = ({ rounds }: Measured, kind: 'wallMs' | 'cpuMs'): number[] =>
  rounds.map((round) => summarize(round[kind]).median / 1000 / round.audioSeconds);

/** Rounds in which every engine has its turn, each in a process of its own. */
async function measureAll(
  engines: readonly MatrixEngine[],
  { rounds, ...protocol }: { rounds: number; runs: number; warmups: number },
  notes: string[],
): Promise<Measured[]> {
  const onnx = await ensureOnnx('vocoder');
  const measured = engines.map((engine): Measured => ({ engine, rounds: [] }));
  const missing = new Set<MatrixEngine>();
  for (let round = 0; round < rounds; round++) {
    for (const one of measured) {
      if (missing.has(one.engine)) continue;
      const { isRival } = one.engine;
      console.error(`round ${round + 1} of ${rounds}: ${titleOf(one.engine)}`);
      const lacksModel = isRival && isUnavailable(onnx);
      const task = { do: 'vocode' as const, ...protocol, micro: round === 0 };
      const answer = lacksModel
        ? onnx
        : await ask<VocodeAnswer>(one.engine, isRival ? { ...task, onnx: onnx as string } : task);
      if (isUnavailable(answer)) {
        missing.add(one.engine);
        notes.push(`${titleOf(one.engine)}: not available: ${answer.unavailable}`);
      } else {
        one.rounds.push(answer);
      }
    }
  }
  return measured;
}

function speedTable(measured: readonly Measured[]): Table {
  const rows = measured.map((one): Table['rows'][number] => {
    const { engine, rounds } = one;
    const size = installedBytes(engine);
    const title = titleOf(engine);
    if (rounds.length === 0) return [title, 'not available', ...new Array<null>(8).fill(null)];
    const yardstick = measured.find(
      ({ engine: { name, threads } }) => name === YARDSTICK && threads === engine.threads,
    );
    const isComparable =
      yardstick?.rounds.length === rounds.length && engine.seconds === yardstick.engine.seconds;
    const ratio = (kind: 'wallMs' | 'cpuMs'): string =>
      isComparable ? spread(pairedRatios(rtfs(yardstick, kind), rtfs(one, kind))) : '-';
    const median = (of: (round: VocodeAnswer) => number): number => summarize(rounds.map(of)).median;
    return [
      title,
      rounds[0]!.audioSeconds,
      summarize(rtfs(one, 'wallMs')).median,
      summarize(rtfs(one, 'cpuMs')).median,
      ratio('wallMs'),
      ratio('cpuMs'),
      median((round) => round.loadMs),
      median((round) => round.firstRunMs),
      median((round) => round.peakRssBytes) / 2 ** 20,
      size === null ? null : size / 2 ** 20,
    ];
  });
  const columns = [
    'engine',
    'audio s',
    'RTF wall',
    'RTF CPU',
    `x ${YARDSTICK} wall`,
    `x ${YARDSTICK} CPU`,
    'load ms',
    'first run ms',
    'peak RSS MiB',
    'installed MiB',
  ];
  return { title: "the voice's vocoder, one piece", columns, rows };
}

function microTable(measured: readonly Measured[]): Table {
  const rows = measured.flatMap(({ engine, rounds }) =>
    (rounds[0]?.micro ?? []).map(({ name, operationsPerSecond, marginPercent }) => [
      titleOf(engine),
      name,
      operationsPerSecond,
      marginPercent,
    ]),
  );
  return {
    title: 'one operation (benchmark.js)',
    columns: ['engine', 'operation', 'per second', '+- %'],
    rows,
  };
}

function chart(measured: readonly Measured[]): string {
  const bars = measured.flatMap((one): Bar[] => {
    if (one.rounds.length === 0) return [];
    const { median, min, max }: Summary = summarize(rtfs(one, 'cpuMs'));
    return [{ name: titleOf(one.engine), value: median, low: min, high: max, isRival: one.engine.isRival }];
  });
  return barChart("The voice's vocoder", 'processor seconds for a second of audio; less is better', bars);
}

/** @throws Error on an unknown option, or when an engine fails instead of being absent. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      rounds: { type: 'string', default: '3' },
      runs: { type: 'string', default: '5' },
      'warm-ups': { type: 'string', default: '2' },
      engines: { type: 'string' },
      'no-parity': { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  const protocol = { runs: Number(values.runs), warmups: Number(values['warm-ups']), rounds };
  const facts = environment({ ...protocol, seed: 1 });
  const notes = [
    `${rounds} rounds, each engine in a process of its own in every one, ${protocol.runs} runs after ${protocol.warmups}; ratios are to ${YARDSTICK} at as many threads, of the medians of one round (over 1: faster than it)`,
    'load: backend and model ready, imports not counted; RSS of the whole process, bench and TypeScript loader included (80 MiB)',
    'installed: what the engine needs beside Node, without weights',
  ];
  const wanted = values.engines?.split(',');
  const engines = ENGINES.filter(({ name }) => wanted?.includes(name) ?? true);
  const measured = await measureAll(engines, protocol, notes);
  const speed = speedTable(measured);
  const parity = values['no-parity'] ? [] : await parityTables(engines, notes);
  const tables = [speed, microTable(measured), ...parity];
  const svg = cachePath('bench', 'backends.svg');
  writeFileSync(svg, chart(measured));
  const markdown = tables.map((table) => `## ${table.title}\n\n${markdownTable(table)}\n`).join('\n');
  writeFileSync(cachePath('bench', 'backends.md'), markdown);
  writeFileSync(
    cachePath('bench', 'backends.json'),
    JSON.stringify({ environment: facts, measured, tables }),
  );
  notes.push('written to .cache/bench: backends.svg, backends.md, backends.json');
  return { name: 'backends', environment: facts, tables, notes, data: { measured } };
}
