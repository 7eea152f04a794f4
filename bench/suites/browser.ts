// The engine in a page of headless Chromium: from nothing to the first sound, speech on every backend, our
// models beside onnxruntime-web's in the same page, and our kernels beside TensorFlow.js's.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CHROMIUM_ADVICE } from '../../scripts/chromium.mjs';
import { benchText } from '../../src/cli/bench-text.js';
import { openBrowser, type TestBrowser } from '../lib/browser/harness.js';
import type { ModelsWish, ModelTimes } from '../lib/browser/models.js';
import type { SpeechTimes, SpeechWish } from '../lib/browser/speech.js';
import type { Start, StartWish } from '../lib/browser/start.js';
import { repositoryRoot } from '../lib/cache.js';
import { comparisonTable, spread } from '../lib/comparison.js';
import { environment } from '../lib/environment.js';
import { framesOf } from '../lib/inputs.js';
import type { Measurement } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import { pairedRatios, summarize } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable, type Unavailable } from '../lib/unavailable.js';
import { ensureOnnx } from '../rivals/onnx/ensure.js';
import { onnxruntimeWebFiles } from '../rivals/onnxruntime-web/index.js';
import { LONG_SENTENCE } from './pipeline.js';

export const description =
  'headless Chromium: start, speech, first chunk, models beside onnxruntime-web, kernels';

const PARTS = ['start', 'speech', 'slow', 'models', 'kernels'] as const;

export const options = {
  runs: { kind: 'count', default: 9, does: 'counted runs' },
  'warm-ups': { kind: 'count', default: 3, least: 0, does: 'runs before' },
  loads: { kind: 'count', default: 5, does: "fresh pages for each engine's start" },
  seconds: { kind: 'number', default: 5, does: 'audio that the models make' },
  only: { kind: 'names', of: PARTS, default: PARTS, does: 'parts' },
} as const satisfies Options;

/** The time limit of a page; a slow backend that exceeds it becomes a row without figures and a note. */
const PAGE_MS = 400_000;
/** The text of backends that take seconds for a word. */
const SHORT_TEXT = 'Yes.';
const SEED = 1;

/** One run of the suite. */
interface Protocol {
  warmups: number;
  runs: number;
  /** Fresh pages for each engine's start. */
  loads: number;
  notes: string[];
}

/** A page of bench/lib/browser/, cross-origin isolated for threads and for the finer clock. */
async function inPage<T>(
  browser: TestBrowser,
  page: string,
  argument: unknown,
  mounts: Record<string, string> = {},
): Promise<T> {
  const script = new URL(`../lib/browser/${page}.ts`, import.meta.url);
  const options = { script, argument, isolated: true, mounts, processorClock: true, timeoutMs: PAGE_MS };
  return (await browser.run<T>(options)).value;
}

const megabytes = (bytes: number | undefined) => (bytes === undefined ? null : bytes / 1e6);

/** From nothing to the first sound, each time in a page that has nothing cached. */
async function startTables(browser: TestBrowser, { loads }: Protocol): Promise<Table[]> {
  const rows: Table['rows'] = [];
  const files = new Map<string, number>();
  for (const numThreads of [1, 2]) {
    const wish: StartWish = { backend: 'wasm', numThreads, text: benchText(1, SEED) };
    const starts: Start[] = [];
    for (let n = 0; n < loads; n++) starts.push(await inPage<Start>(browser, 'start', wish));
    const median = (of: (start: Start) => number) => summarize(starts.map(of)).median;
    const last = starts.at(-1)!;
    const bytes = last.files.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const file of last.files) files.set(file.path, file.bytes);
    rows.push([
      `wasm, ${numThreads} thread(s)`,
      median(({ bundleMs }) => bundleMs),
      median(({ pipelineMs }) => pipelineMs),
      median(({ firstChunkMs }) => firstChunkMs),
      median((start) => start.bundleMs + start.pipelineMs + start.firstChunkMs),
      megabytes(bytes),
      megabytes(last.wasmHeapBytes),
      megabytes(last.javascriptHeapBytes),
    ]);
  }
  const columns = ['engine', 'bundle ms', 'pipeline ms', 'first chunk ms', 'together ms'];
  return [
    {
      title: `from nothing to the first sound, median of ${loads} fresh pages`,
      columns: [...columns, 'loaded MB', 'WASM heap MB', 'JavaScript heap MB'],
      rows,
    },
    fileTable(files),
  ];
}

/** The files that one and two threads load together, largest first. */
function fileTable(files: ReadonlyMap<string, number>): Table {
  const rows = [...files]
    .sort(([, one], [, other]) => other - one)
    .map(([path, bytes]): Table['rows'][number] => {
      const file = path.replace('/package/', '');
      return [file, bytes, gzipSync(readFileSync(join(repositoryRoot, file)), { level: 9 }).length];
    });
  return { title: 'files that a page loads', columns: ['file', 'bytes', 'gzip -9'], rows };
}

function speechRow(name: string, audioSeconds: number, measured: Measurement, ratio: string | null) {
  const { wallMs, cpuMs } = measured;
  const rtf = [wallMs.median, wallMs.min, cpuMs.median].map((ms) => ms / 1000 / audioSeconds);
  return [name, audioSeconds, wallMs.count, wallMs.median, wallMs.iqr, cpuMs.median, ...rtf, ratio];
}

const SPEECH_COLUMNS = [
  ...['engine', 'audio s', 'runs', 'wall ms', 'IQR', 'CPU ms'],
  ...['RTF wall', 'least', 'RTF CPU', '1 thread / this, wall'],
];

/** The default backend with one thread and two, in turns. */
async function speechTables(browser: TestBrowser, { warmups, runs, notes }: Protocol): Promise<Table[]> {
  const wish: SpeechWish = {
    engines: [1, 2].map((numThreads) => ({ backend: 'wasm', numThreads })),
    texts: [1, 5, 20].map((seconds) => benchText(seconds, SEED)),
    sentence: LONG_SENTENCE,
    warmups,
    runs,
  };
  const { texts, firstChunk, chunkSeconds } = await inPage<SpeechTimes>(browser, 'speech', wish);
  const rows = texts.flatMap(({ audioSeconds, engines }) =>
    engines.map((one) => {
      const ratio = spread(pairedRatios(engines[0]!.samples.wallMs, one.samples.wallMs));
      return speechRow(one.name, audioSeconds, one, ratio);
    }),
  );
  notes.push(`first chunk: ${chunkSeconds.toFixed(2)} s of sound, of a sentence of about ten seconds`);
  return [
    { title: 'speech, warm: the whole pipeline', columns: SPEECH_COLUMNS, rows },
    {
      title: 'first chunk of a stream, warm',
      columns: ['engine', 'runs', 'wall ms', 'IQR', 'least', 'CPU ms'],
      rows: firstChunk.map(({ name, wallMs, cpuMs }) => [
        ...[name, wallMs.count, wallMs.median, wallMs.iqr, wallMs.min, cpuMs.median],
      ]),
    },
  ];
}

/** The reference and the GPU in software: one word, once. */
async function slowTable(browser: TestBrowser, { notes }: Protocol): Promise<Table> {
  const software = (await openBrowser({ webgpu: true }))!;
  const rows: Table['rows'] = [];
  const engines = [
    { label: 'cpu', backend: 'cpu', browser },
    { label: 'webgpu on SwiftShader (software, no GPU)', backend: 'webgpu', browser: software },
  ];
  try {
    for (const { label, backend, browser } of engines) {
      const texts = [SHORT_TEXT];
      const wish: SpeechWish = { engines: [{ backend, numThreads: 1 }], texts, warmups: 0, runs: 1 };
      try {
        const [spoken] = (await inPage<SpeechTimes>(browser, 'speech', wish)).texts;
        rows.push(speechRow(label, spoken!.audioSeconds, spoken!.engines[0]!, null));
      } catch (error) {
        rows.push([label, null, 0, ...SPEECH_COLUMNS.slice(3).map(() => null)]);
        notes.push(`${label} not measured: ${(error as Error).message.split('\n')[0]}`);
      }
    }
  } finally {
    await software.close();
  }
  return { title: `the other backends, cold: "${SHORT_TEXT}" once`, columns: SPEECH_COLUMNS, rows };
}

/** Both models of ours and of onnxruntime-web, with one thread and with two. */
async function modelTables(
  browser: TestBrowser,
  seconds: number,
  { warmups, runs, notes }: Protocol,
): Promise<{ tables: Table[]; version?: string }> {
  const ort = await onnxruntimeWebFiles();
  const acoustic = await ensureOnnx('acoustic-forced');
  const vocoder = await ensureOnnx('vocoder');
  for (const need of [ort, acoustic, vocoder] as (Unavailable | unknown)[]) {
    if (!isUnavailable(need)) continue;
    notes.push(`onnxruntime-web not measured: ${need.unavailable}`);
    return { tables: [] };
  }
  const { folder, version } = ort as { folder: string; version: string };
  const mounts = { '/ort/': folder, '/onnx/': dirname(vocoder as string) };
  const tables: Table[] = [];
  for (const threads of [1, 2]) {
    const wish: ModelsWish = {
      ...{ threads, warmups, runs, frames: framesOf(seconds), seed: SEED, ort: '/ort/' },
      onnx: {
        'acoustic-forced': `/onnx/${basename(acoustic as string)}`,
        vocoder: `/onnx/${basename(vocoder as string)}`,
      },
    };
    const { comparisons, rival } = await inPage<ModelTimes>(browser, 'models', wish, mounts);
    const title = `our models beside onnxruntime-web, same weights, same page, in turns: ${threads} thread(s)`;
    tables.push(comparisonTable(title, comparisons));
    notes.push(
      `onnxruntime-web, ${threads} thread(s): ${rival.loadMs.toFixed(0)} ms until both models are ready, ${(rival.bytes / 1e6).toFixed(1)} MB loaded (without a frontend or a lexicon)`,
    );
  }
  return { tables, version };
}

/** @throws Error on an unknown option or value, or where there is no browser. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { runs, 'warm-ups': warmups, loads, seconds, only } = parseOptions(options, args);
  const parts = new Set(only);
  const notes: string[] = [];
  const protocol = { warmups, runs, loads, notes };
  const browser = await openBrowser();
  if (!browser) throw new Error(`no browser here; ${CHROMIUM_ADVICE}`);
  const versions: Record<string, string> = { Chromium: browser.version };
  const facts = environment({ seed: SEED, ...protocol, versions });
  const tables: Table[] = [];
  try {
    if (parts.has('start')) tables.push(...(await startTables(browser, protocol)));
    if (parts.has('speech')) tables.push(...(await speechTables(browser, protocol)));
    if (parts.has('slow')) tables.push(await slowTable(browser, protocol));
    if (parts.has('models')) {
      const { tables: found, version } = await modelTables(browser, seconds, protocol);
      tables.push(...found);
      if (version !== undefined) facts.versions['onnxruntime-web'] = version;
    }
    if (parts.has('kernels')) {
      const found = await inPage<{ tables: Table[]; features: string }>(browser, 'kernels', protocol);
      tables.push(...found.tables);
      notes.push(`kernels: one thread, ${found.features}; GFLOP/s at the fastest run; over 1 ours is faster`);
    }
  } finally {
    await browser.close();
  }
  notes.unshift(
    'CPU is processor time of all threads of the page, read by the browser, which other programs disturb less than wall time; ratios are of the runs of one round, median with 95 % interval',
    'pages are cross-origin isolated, and come with an empty cache from a server on the same machine: loading is compiling and computing, not the network',
  );
  return { name: 'browser', environment: facts, tables, notes };
}
