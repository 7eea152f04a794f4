// Every backend beside the rivals: speed, memory, start, size and parity, as a table and a chart.
import { writeFileSync } from 'node:fs';
import { cachePath } from '../lib/cache.js';
import { spread } from '../lib/comparison.js';
import { environment } from '../lib/environment.js';
import { type Bar, barChart } from '../lib/matrix/chart.js';
import {
  ask,
  ENGINE_NAMES,
  enginesHere,
  installedBytes,
  type MatrixEngine,
  titleOf,
  type VocodeAnswer,
} from '../lib/matrix/engines.js';
import { type Options, parseOptions } from '../lib/options.js';
import { markdownTable, type Report, type Table } from '../lib/report.js';
import { pairedRatios, type Summary, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';
import { ensureOnnx } from '../rivals/onnx/ensure.js';
import { parityTables } from './parity.js';

export const description = 'all backends and rivals: speed, memory, start-up, size, parity; with a chart';

export const options = {
  rounds: { kind: 'count', default: 3, does: 'rounds; each engine has a process of its own in every one' },
  runs: { kind: 'count', default: 5, does: 'counted runs of the vocoder in a process' },
  'warm-ups': { kind: 'count', default: 2, least: 0, does: 'runs before' },
  engines: {
    kind: 'names',
    of: ENGINE_NAMES,
    does: 'only these; the first run of onnxruntime-* installs PyTorch',
  },
  'no-parity': { kind: 'switch', does: 'leaves out the parity tables' },
} as const satisfies Options;

/** The engine that ratios are to, at as many threads. */
const YARDSTICK = 'onnxruntime-node';

/** One engine, all its rounds. */
interface Measured {
  engine: MatrixEngine;
  rounds: VocodeAnswer[];
  /** Why it was not measured. */
  unavailable?: string;
}

/** Processor time per second of audio, one figure a round. */
const rtfs = ({ rounds }: Measured, kind: 'wallMs' | 'cpuMs'): number[] =>
  rounds.map((round) => summarize(round[kind]).median / 1000 / round.audioSeconds);

/**
 * Every engine in turn, in rounds, each in a process of its own. A slow engine runs 2 times at most after 1
 * warm-up.
 */
async function measureAll(
  engines: readonly MatrixEngine[],
  { rounds, ...protocol }: { rounds: number; runs: number; warmups: number },
  notes: string[],
): Promise<Measured[]> {
  // PyTorch, which exports the model for rivals, is not installed for backends of ours.
  const onnx = engines.some(({ isRival }) => isRival) ? await ensureOnnx('vocoder') : undefined;
  const measured = engines.map((engine): Measured => ({ engine, rounds: [] }));
  for (let round = 0; round < rounds; round++) {
    for (const one of measured) {
      if (one.unavailable !== undefined) continue;
      const { isRival, effort } = one.engine;
      console.error(`round ${round + 1} of ${rounds}: ${titleOf(one.engine)}`);
      const lacksModel = isRival && isUnavailable(onnx);
      const task = { do: 'vocode' as const, ...protocol, micro: round === 0 };
      if (effort !== 'full') Object.assign(task, { warmups: 1, runs: Math.min(2, protocol.runs) });
      const answer = lacksModel
        ? onnx
        : await ask<VocodeAnswer>(one.engine, isRival ? { ...task, onnx: onnx as string } : task);
      if (isUnavailable(answer)) {
        one.unavailable = answer.unavailable;
        one.rounds = [];
        notes.push(`${titleOf(one.engine)}: ${answer.unavailable}`);
      } else {
        one.rounds.push(answer);
      }
    }
  }
  return measured;
}

/** All but those that are missing: an engine that failed the timing may still pass parity. */
function enginesThatRan(measured: readonly Measured[]): MatrixEngine[] {
  return measured
    .filter(({ unavailable }) => unavailable === undefined || unavailable.startsWith('failed'))
    .map(({ engine }) => engine);
}

function speedTable(measured: readonly Measured[]): Table {
  const rows = measured.map((one): Table['rows'][number] => {
    const { engine, rounds } = one;
    const size = installedBytes(engine);
    const title = titleOf(engine);
    if (one.unavailable !== undefined) {
      const state = one.unavailable.startsWith('failed') ? 'failed' : 'missing';
      return [title, state, ...new Array<null>(8).fill(null)];
    }
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

/**
 * @throws Error on an unknown option or value. An engine that is absent or fails is a row, with the reason in
 * the notes.
 */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const {
    rounds,
    runs,
    'warm-ups': warmups,
    engines: wanted,
    'no-parity': isWithoutParity,
  } = parseOptions(options, args);
  const protocol = { runs, warmups, rounds };
  const facts = environment({ ...protocol, seed: 1 });
  const notes = [
    `${rounds} rounds, each engine in a process of its own in every one, ${protocol.runs} runs after ${protocol.warmups}; ratios are to ${YARDSTICK} at as many threads, of the medians of one round (over 1: faster than it)`,
    'load: backend and model ready, imports not counted; RSS of the whole process, bench and TypeScript loader included (80 MiB)',
    'installed: what the engine needs beside Node, without weights',
  ];
  const engines = await enginesHere(wanted);
  const measured = await measureAll(engines, protocol, notes);
  const speed = speedTable(measured);
  const parity = isWithoutParity ? [] : await parityTables(enginesThatRan(measured), notes);
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
