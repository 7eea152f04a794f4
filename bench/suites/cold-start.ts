// From nothing to sound: the parts of the start of a fresh process, medians of several processes.
import { environment } from '../lib/environment.js';
import { runFresh } from '../lib/fresh/start.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import { type Summary, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'a fresh process: start, import, create, first chunk, first sentence';

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads' },
  runs: { kind: 'count', default: 5, does: 'processes of each kind' },
} as const satisfies Options;

/** One sentence, vocoded in one piece. */
export const COLD_TEXT = 'Hello, world. This is voirs speaking.';

/** What bench/lib/fresh/cold-start.mjs prints; milliseconds. */
interface Spoken {
  startedAt: number;
  import: number;
  create: number;
  firstChunk: number;
  rest: number;
  audioSeconds: number;
  cpuMs: number;
  peakRssBytes: number;
}
type Parts = Record<
  'import' | 'backend' | 'weights' | 'lexicon' | 'create' | 'firstRun' | 'secondRun',
  number
>;

/** Summaries over the processes, milliseconds from the moment the process was asked for. */
export interface ColdStart {
  nodeStart: Summary;
  import: Summary;
  create: Summary;
  firstChunk: Summary;
  toFirstChunk: Summary;
  toWholeText: Summary;
  /** Processor time of the whole process. */
  cpu: Summary;
  audioSeconds: number;
  peakRssBytes: number;
  parts: Record<keyof Parts, Summary>;
}

/** Starts `runs` processes of each kind, after one that fills the file cache. */
export async function coldStart(runs: number, threads: number): Promise<ColdStart> {
  const input = { text: COLD_TEXT, threads };
  const spoken: (Spoken & { nodeStart: number })[] = [];
  const parts: Parts[] = [];
  for (let n = -1; n < runs; n++) {
    const asked = performance.timeOrigin + performance.now();
    const one = await runFresh<Spoken>({ name: 'cold-start' }, { ...input, mode: 'speak' });
    const apart = await runFresh<Parts>({ name: 'cold-start' }, { ...input, mode: 'parts' });
    if (n < 0) continue;
    spoken.push({ ...one, nodeStart: one.startedAt - asked });
    parts.push(apart);
  }
  const over = (of: (one: (typeof spoken)[number]) => number) => summarize(spoken.map(of));
  const toFirstChunk = (one: (typeof spoken)[number]) =>
    one.nodeStart + one.import + one.create + one.firstChunk;
  const partNames = ['import', 'backend', 'weights', 'lexicon', 'create', 'firstRun', 'secondRun'] as const;
  return {
    nodeStart: over((one) => one.nodeStart),
    import: over((one) => one.import),
    create: over((one) => one.create),
    firstChunk: over((one) => one.firstChunk),
    toFirstChunk: over(toFirstChunk),
    toWholeText: over((one) => toFirstChunk(one) + one.rest),
    cpu: over((one) => one.cpuMs),
    audioSeconds: spoken[0]!.audioSeconds,
    peakRssBytes: Math.max(...spoken.map((one) => one.peakRssBytes)),
    parts: Object.fromEntries(
      partNames.map((name) => [name, summarize(parts.map((one) => one[name]))]),
    ) as ColdStart['parts'],
  };
}

/** The two tables of a cold start. */
export function coldStartTables(cold: ColdStart): Table[] {
  const row = (name: string, { median, min, max }: Summary): Table['rows'][number] => [
    name,
    median,
    min,
    max,
  ];
  const columns = ['step', 'median ms', 'least', 'most'];
  return [
    {
      title: 'cold start, as a user has it',
      columns,
      rows: [
        row('node starts', cold.nodeStart),
        row('import', cold.import),
        row('VoirsPipeline.create', cold.create),
        row('first chunk of a stream', cold.firstChunk),
        row('= first audio', cold.toFirstChunk),
        row(`= all of the text (${cold.audioSeconds.toFixed(1)} s of audio)`, cold.toWholeText),
        row('processor time of the process', cold.cpu),
      ],
    },
    {
      title: 'cold start, one part after the other',
      columns,
      rows: [
        row('import', cold.parts.import),
        row('backend', cold.parts.backend),
        row('weights', cold.parts.weights),
        row('lexicon', cold.parts.lexicon),
        row('create with all that loaded', cold.parts.create),
        row('first synthesis of the text', cold.parts.firstRun),
        row('second synthesis of it', cold.parts.secondRun),
      ],
    },
  ];
}

/** @throws Error on an unknown option or value, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, runs } = parseOptions(options, args);
  const facts = environment({ seed: 0, warmups: 1, runs });
  const cold = await coldStart(runs, threads);
  const notes = [
    `"${COLD_TEXT}", ${threads} thread(s), plain node on dist/, files in the page cache`,
    `peak RSS ${Math.round(cold.peakRssBytes / 2 ** 20)} MiB`,
  ];
  return { name: 'cold-start', environment: facts, tables: coldStartTables(cold), notes, data: { cold } };
}
