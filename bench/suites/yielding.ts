// How long the engine holds the event loop at a time: every step of the analysis of a long text, and every step of
// the models.
import { performance } from 'node:perf_hooks';
import type { Backend } from '../../src/backends/backend.js';
import type { Utterance } from '../../src/frontend/utterance.js';
import { checkedCall } from '../../src/synthesis/call.js';
import { Engine } from '../../src/synthesis/engine.js';
import { outputWhole } from '../../src/synthesis/output.js';
import { renderChunks, renderWhole } from '../../src/synthesis/render.js';
import { environment } from '../lib/environment.js';
import { PLAIN_TEXTS, repeated } from '../lib/long-texts.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'longest time that a step of analysis, or of a model, holds the event loop';

export const options = {
  characters: { kind: 'count', default: 100_000, does: 'length of the texts that are analysed' },
  runs: { kind: 'count', default: 5, does: 'counted runs of each' },
  threads: { kind: 'counts', default: [1, 2], does: 'threads for the steps of the models' },
} as const satisfies Options;

/** What a step of analysis may take. */
const WANTED_MS = 20;

const TEXTS: Record<string, (length: number) => string> = {
  ...PLAIN_TEXTS,
  'HTML and entities': (length) => repeated('<p>One <b>two</b> three. &amp; four</p>\n', length),
  LaTeX: (length) => repeated('Here $\\frac{a}{b} + x^2$ is it. ', length),
  'a block of code': (length) => `\`\`\`\n${repeated('let a = 1; // code\n', length)}`,
  'signs alone': (length) => `${repeated('<', length)} a`,
};

interface Held {
  /** Milliseconds from the beginning to the end. */
  totalMs: number;
  /** Times that the loop turned. */
  turns: number;
  /** Longest time between two turns. */
  longestMs: number;
  /** Most processor time of the process between two turns: what a busy machine does not lengthen. */
  longestCpuMs: number;
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** Runs work while a task of the event loop comes again and again, and looks at the clock each time. */
async function watched(work: () => Promise<unknown>): Promise<Held> {
  let isDone = false;
  let turns = 0;
  let [longestMs, longestCpuMs] = [0, 0];
  const begun = performance.now();
  let [before, cpuBefore] = [begun, cpuMs()];
  const look = (): void => {
    const [now, cpu] = [performance.now(), cpuMs()];
    longestMs = Math.max(longestMs, now - before);
    longestCpuMs = Math.max(longestCpuMs, cpu - cpuBefore);
    [before, cpuBefore] = [now, cpu];
  };
  const tick = (): void => {
    look();
    turns++;
    if (!isDone) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  look();
  isDone = true;
  return { totalMs: performance.now() - begun, turns, longestMs, longestCpuMs };
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

interface AnalysisRow extends Held {
  text: string;
  form: string;
  /** Median over the runs of each run's most processor time. */
  usualCpuMs: number;
}

async function analyses(characters: number, runs: number): Promise<AnalysisRow[]> {
  await using engine = await Engine.load({ numThreads: 1 });
  const call = checkedCall(engine, {});
  const ssml = checkedCall(engine, { input: 'ssml' });
  const strict = checkedCall(engine, { input: 'ssml', strictSsml: true });
  const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const utterances = new Map<string, Utterance>();
  const forms: Record<string, (text: string) => Promise<unknown>> = {
    text: (text) => engine.read(text, call),
    SSML: (text) => engine.read(`<speak>${escaped(text)}</speak>`, ssml),
    'strict SSML': (text) => engine.read(`<speak>${escaped(text)}</speak>`, strict),
    'one piece of a stream': async (text) => {
      async function* pieces(): AsyncGenerator<string, void, undefined> {
        yield text;
      }
      for await (const _ of engine.readPieces(pieces(), call));
    },
    // Read in the run that does not count.
    'the check of render': async (text) => {
      const known = utterances.get(text) ?? (await engine.read(text, call));
      utterances.set(text, known);
      await engine.check(known, call);
    },
  };
  const rows: AnalysisRow[] = [];
  for (const [text, make] of Object.entries(TEXTS)) {
    for (const [form, read] of Object.entries(forms)) {
      const source = make(characters);
      await read(source);
      const held: Held[] = [];
      for (let run = 0; run < runs; run++) held.push(await watched(() => read(source)));
      const cpu = held.map(({ longestCpuMs }) => longestCpuMs);
      rows.push({
        ...{ text, form, turns: held[0]!.turns, totalMs: median(held.map(({ totalMs }) => totalMs)) },
        longestMs: median(held.map(({ longestMs }) => longestMs)),
        ...{ usualCpuMs: median([...cpu]), longestCpuMs: Math.max(...cpu) },
      });
    }
  }
  return rows;
}

interface ModelRow {
  threads: number;
  step: string;
  count: number;
  medianMs: number;
  longestMs: number;
}

/** A sentence of the longest that the model takes at once, several times over, spoken slowly. */
const LONG = `${Array.from({ length: 40 }, () => 'and many more words came along').join(' ')}.`;

async function modelSteps(threads: number, runs: number): Promise<ModelRow[]> {
  await using engine = await Engine.load({ numThreads: threads, cacheSize: 0, sampleRate: 48_000 });
  const { backend, models } = engine;
  const times = new Map<string, number[]>();
  let step = '';
  const run = backend.run.bind(backend);
  (backend as { run: Backend['run'] }).run = (graph) => {
    const begun = performance.now();
    try {
      return run(graph);
    } finally {
      const known = times.get(step) ?? [];
      known.push(performance.now() - begun);
      times.set(step, known);
    }
  };
  const named = <T extends object>(model: T, method: keyof T, name: string): void => {
    const own = (model[method] as (...args: unknown[]) => unknown).bind(model);
    Object.defineProperty(model, method, {
      value: (...args: unknown[]) => {
        step = name;
        return own(...args);
      },
    });
  };
  named(models.acoustic, 'encode', 'encoder or predictor, up to 260 tokens');
  named(models.acoustic, 'decode', 'decoder, up to 2048 frames');
  named(models.vocoder, 'vocode', `vocoder, up to ${engine.plan.chunkFrames} frames`);
  const rest: number[] = [];
  try {
    for (const speakingRate of [1, 0.5]) {
      const call = checkedCall(engine, { speakingRate });
      const { sentences } = await engine.read(LONG, call);
      for (let n = -1; n < runs; n++) {
        if (n === 0) times.clear();
        const raw = await renderWhole(engine, call, sentences.slice(0, 2));
        const { longestCpuMs } = await watched(async () =>
          (await outputWhole(engine, raw, engine.turnsOf(call))).dispose(),
        );
        if (n >= 0) rest.push(longestCpuMs);
        for await (using _ of renderChunks(engine, call, sentences.slice(0, 1)));
      }
    }
  } finally {
    (backend as { run: Backend['run'] }).run = run;
  }
  times.set('resampling to 48 kHz and limiting', rest);
  return [...times].map(([name, all]) => ({
    ...{ threads, step: name, count: all.length },
    ...{ medianMs: median([...all]), longestMs: Math.max(...all) },
  }));
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { characters, runs, threads } = parseOptions(options, args);
  const facts = environment({ seed: 0, warmups: 1, runs });
  const analysis = await analyses(characters, runs);
  const models: ModelRow[] = [];
  for (const count of threads) models.push(...(await modelSteps(count, runs)));
  const over = analysis.filter(({ usualCpuMs }) => usualCpuMs > WANTED_MS);
  const tables: Table[] = [
    {
      title: `Analysis of ${characters} characters: time between two turns of the event loop`,
      columns: ['text', 'form', 'all ms', 'turns', 'longest ms', 'longest processor ms', 'of all runs'],
      rows: analysis.map((row) => [
        ...[row.text, row.form, row.totalMs, row.turns],
        ...[row.longestMs, row.usualCpuMs, row.longestCpuMs],
      ]),
    },
    {
      title: 'Steps of the models: the event loop turns between them',
      columns: ['threads', 'step', 'steps', 'median ms', 'longest ms'],
      rows: models.map((row) => [row.threads, row.step, row.count, row.medianMs, row.longestMs]),
    },
  ];
  const notes = [
    over.length === 0
      ? `no analysis held the event loop over ${WANTED_MS} ms of processor time, in the median of its runs`
      : `missed: over ${WANTED_MS} ms in ${over.map(({ text, form }) => `${text} as ${form}`).join(', ')}`,
    'time on the clock is the median of the runs; it counts the other processes of a busy machine, processor time counts collections of garbage and what V8 compiles meanwhile',
  ];
  return { name: 'yielding', environment: facts, tables, notes, data: { analysis, models } };
}
