// The whole way from text to sound: stages, real-time factor, first chunk, cold start, memory, and our two
// models beside the rivals' on the same weights.

import { backendNames } from '../../src/backends/registry.js';
import { benchText } from '../../src/cli/bench-text.js';
import { VoirsPipeline } from '../../src/pipeline.js';
import { checkedCall } from '../../src/synthesis/call.js';
import type { Engine } from '../../src/synthesis/engine.js';
import type { SpokenSentence } from '../../src/synthesis/sentence.js';
import { sharedNotes } from '../lib/cache.js';
import { type Comparison, comparisonTable } from '../lib/comparison.js';
import { acousticOf, acousticRun, openEngine, samplesOf, vocoderRun } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { runFresh } from '../lib/fresh/start.js';
import { acousticInputs, framesOf, vocoderInputs } from '../lib/inputs.js';
import { type MeasuredCase, type Measurement, type MeasureOptions, measure } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import type { Summary } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { compareWithRivals, onnxOrNote } from '../rivals/beside.js';
import { openRivals } from '../rivals/models.js';
import { exportedVoice } from '../rivals/onnx/ensure.js';
import type { Rival } from '../rivals/rival.js';
import { type ColdStart, coldStart, coldStartTables } from './cold-start.js';

export const description = 'text to sound: stages, RTF, first chunk, cold start, memory, beside onnxruntime';

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads of every engine' },
  backend: { kind: 'name', of: backendNames(), default: 'wasm', does: 'our backend' },
  seconds: { kind: 'numbers', default: [1, 5, 20], does: 'lengths of the texts, in seconds of speech' },
  runs: { kind: 'count', default: 7, does: 'counted runs; three times as many of the first chunk' },
  'cold-runs': { kind: 'count', default: 5, does: 'fresh processes for the cold start' },
} as const satisfies Options;

/** One sentence of about ten seconds, spoken in one piece. */
export const LONG_SENTENCE =
  'The old lighthouse keeper walked slowly down to the water every morning, looked out over the quiet harbour for a while, and wrote the colour of the sky into a small green book.';

/** The design targets, on one thread. */
const TARGETS = {
  rtf: 0.045,
  firstChunkMs: 120,
  coldStartMs: 1000,
  /** Times as fast as the rival, vocoder. */
  over: { 'onnxruntime-web': 3.5, 'onnxruntime-node': 1 } as Readonly<Record<string, number>>,
};

/** Times of one text. */
interface TextResult {
  nominalSeconds: number;
  audioSeconds: number;
  /** frontend, acoustic, vocoder, whole (VoirsPipeline.synthesize), in this order. */
  measurements: Measurement[];
}

/** The three stages one by one and the pipeline as a whole, in turns on one text. */
async function timeText(
  engine: Engine,
  pipeline: VoirsPipeline,
  text: string,
  options: MeasureOptions,
): Promise<Omit<TextResult, 'nominalSeconds'>> {
  const call = checkedCall(engine, {});
  let audioSeconds = 0;
  const { sentences } = await engine.read(text, call);
  const spoken: SpokenSentence[] = [];
  for (const sentence of sentences) spoken.push(await acousticOf(engine, call, sentence));
  const cases: MeasuredCase[] = [
    { name: 'frontend', run: () => engine.read(text, call) },
    {
      name: 'acoustic',
      run: async () => {
        for (const sentence of sentences) await acousticOf(engine, call, sentence);
      },
    },
    {
      name: 'vocoder',
      run: async () => {
        for (const one of spoken) await samplesOf(engine, call, one);
      },
    },
    {
      name: 'whole',
      run: async () => {
        const audio = await pipeline.synthesize(text);
        audioSeconds = audio.duration;
        audio.dispose();
      },
    },
  ];
  const measurements = await measure(cases, options);
  return { audioSeconds, measurements };
}

/** A warm stream of one long sentence until its first chunk. */
async function timeFirstChunk(
  pipeline: VoirsPipeline,
  options: MeasureOptions,
): Promise<{ measurement: Measurement; audioSeconds: number; chunkSeconds: number }> {
  using whole = await pipeline.synthesize(LONG_SENTENCE);
  let chunkSeconds = 0;
  const run = async () => {
    for await (const chunk of pipeline.stream(LONG_SENTENCE)) {
      chunkSeconds = chunk.duration;
      chunk.dispose();
      break;
    }
  };
  const [measurement] = await measure([{ name: 'first chunk', run }], options);
  return { measurement: measurement!, audioSeconds: whole.duration, chunkSeconds };
}

/** Our two models and the rivals' in turns. */
async function compareModels(
  engine: Engine,
  rivals: Rival[],
  options: MeasureOptions & { seed: number; threads: number; frames: number },
  notes: string[],
): Promise<Comparison[]> {
  const { frames, seed } = options;
  const ours = {
    'acoustic-forced': acousticRun(engine.models, acousticInputs(frames, seed)),
    vocoder: vocoderRun(engine.models.vocoder, vocoderInputs(frames, seed)),
  };
  const comparisons: Comparison[] = [];
  for (const model of ['acoustic-forced', 'vocoder'] as const) {
    const onnx = await onnxOrNote(model, notes);
    if (onnx === undefined) continue;
    comparisons.push(await compareWithRivals(model, ours[model], rivals, onnx, options));
  }
  return comparisons;
}

function stageTable(results: readonly TextResult[]): Table {
  const rows = results.map(({ nominalSeconds, audioSeconds, measurements }): Table['rows'][number] => {
    const whole = measurements.at(-1)!;
    return [
      nominalSeconds,
      audioSeconds,
      ...measurements.flatMap(({ wallMs, cpuMs }) => [wallMs.median, cpuMs.median]),
      whole.wallMs.median / 1000 / audioSeconds,
      whole.cpuMs.median / 1000 / audioSeconds,
      whole.wallMs.min / 1000 / audioSeconds,
    ];
  });
  const stages = ['frontend', 'acoustic', 'vocoder', 'whole'];
  const columns = [
    'text s',
    'audio s',
    ...stages.flatMap((stage) => [`${stage} ms`, 'CPU']),
    'RTF wall',
    'RTF CPU',
    'least RTF wall',
  ];
  return { title: 'stages and real-time factor (medians)', columns, rows };
}

/** A figure against its target, by wall and by processor time. */
type TargetRow = [what: string, target: string, wall: number | null, cpu: number | null, least: number];

function targetTable(
  results: readonly TextResult[],
  first: Measurement,
  cold: ColdStart,
  comparisons: readonly Comparison[],
): Table {
  const rows: TargetRow[] = results.map(({ audioSeconds, measurements }) => {
    const whole = measurements.at(-1)!;
    const [wall, cpu, least] = [whole.wallMs.median, whole.cpuMs.median, whole.wallMs.min].map(
      (ms) => ms / 1000 / audioSeconds,
    );
    return [`RTF, ${audioSeconds.toFixed(1)} s of audio`, `<= ${TARGETS.rtf}`, wall!, cpu!, least!];
  });
  rows.push([
    'first chunk, warm, ms',
    `<= ${TARGETS.firstChunkMs}`,
    first.wallMs.median,
    first.cpuMs.median,
    first.wallMs.min,
  ]);
  const { toFirstChunk } = cold;
  rows.push(['cold start, ms', `<= ${TARGETS.coldStartMs}`, toFirstChunk.median, null, toFirstChunk.min]);
  for (const { model, ratios } of comparisons) {
    for (const { rival, wall, cpu } of ratios) {
      const wanted = model === 'vocoder' ? TARGETS.over[rival] : undefined;
      const target = wanted === undefined ? '-' : `>= ${wanted}`;
      rows.push([`${rival} / voirs, ${model}`, target, wall.median, cpu.median, wall.min]);
    }
  }
  const columns = ['figure', 'target', 'wall', 'CPU', 'least wall'];
  return { title: 'targets', columns, rows };
}

/** @throws Error on an unknown option, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { backend, threads, runs, seconds: lengths, 'cold-runs': coldRuns } = parseOptions(options, args);
  const protocol = { seed: 1, warmups: 3, runs, threads };
  const notes = sharedNotes('voices/aspen'); // its 16-bit form
  const rivals = await openRivals(notes);
  const versions = Object.fromEntries(rivals.map(({ name, version }) => [name, version]));
  const facts = environment({ ...protocol, versions });

  const cold = await coldStart(coldRuns, threads);
  const longest = benchText(Math.max(...lengths), protocol.seed);
  const peak = await runFresh<{ peakRssBytes: number }>(
    { name: 'soak', nodeFlags: ['--expose-gc'] },
    { texts: [longest], count: 3, every: 1, threads },
  );

  await using pipeline = await VoirsPipeline.create({
    backend,
    numThreads: threads,
    cacheSize: 0,
  });
  await using engine = await openEngine({ backend, threads, weights: exportedVoice() });
  const results: TextResult[] = [];
  for (const nominalSeconds of lengths) {
    const text = benchText(nominalSeconds, protocol.seed);
    results.push({ nominalSeconds, ...(await timeText(engine, pipeline, text, protocol)) });
  }
  const first = await timeFirstChunk(pipeline, { warmups: protocol.warmups, runs: 3 * protocol.runs });
  const comparisons = await compareModels(engine, rivals, { ...protocol, frames: framesOf(5) }, notes);

  const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
  notes.unshift(
    `${backend}, ${threads} thread(s); a cell is the median over the counted runs; CPU is processor time of all threads, which other programs disturb less than wall time`,
    `first chunk: ${first.chunkSeconds.toFixed(2)} s of sound, of a sentence of ${first.audioSeconds.toFixed(1)} s`,
    `peak RSS of a process that speaks: ${mebibytes(cold.peakRssBytes)} MiB for ${cold.audioSeconds.toFixed(1)} s of audio, ${mebibytes(peak.peakRssBytes)} MiB after three times the longest text`,
  );
  return {
    name: 'pipeline',
    environment: facts,
    tables: [
      stageTable(results),
      firstChunkTable(first.measurement),
      ...coldStartTables(cold),
      comparisonTable('our models beside the rivals, same weights, same process, in turns', comparisons),
      targetTable(results, first.measurement, cold, comparisons),
    ],
    notes,
    data: { results, first, cold, comparisons, peakRssBytes: peak.peakRssBytes },
  };
}

function firstChunkTable({ wallMs, cpuMs }: Measurement): Table {
  const spreadOf = (name: string, times: Summary): Table['rows'][number] => {
    return [name, times.median, times.iqr, times.min, times.max];
  };
  const columns = ['warm first chunk', 'median ms', 'IQR', 'least', 'most'];
  return {
    title: 'first chunk of a long sentence',
    columns,
    rows: [spreadOf('wall', wallMs), spreadOf('CPU', cpuMs)],
  };
}
