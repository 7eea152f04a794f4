// voirs bench: measures how fast this machine speaks, by stage and as a stream, and states how to repeat it.
import type { PipelineOptions } from '../../config.js';
import { shown, VoirsError } from '../../errors.js';
import { VoirsPipeline } from '../../pipeline.js';
import { checkedCall } from '../../synthesis/call.js';
import { Engine } from '../../synthesis/engine.js';
import { beginSentence, decodeUntil, releaseSentence, speakWhole } from '../../synthesis/sentence.js';
import { benchText } from '../bench-text.js';
import { defineCommand, integerOption, jsonOption, numberOption } from '../command.js';
import { describeEnvironment, type Environment } from '../environment.js';
import { type MemoryFigures, megabytes, memoryFigures, ProgressBar, seconds, table } from '../print.js';
import { engineOptions, pipelineOptions, speakingOptions } from '../voice-options.js';

/** Times of one run, in seconds. */
interface Run {
  frontend: number;
  acoustic: number;
  vocoder: number;
  firstChunk: number;
  stream: number;
}

/** Medians over the runs; times in seconds. */
interface Result {
  nominalSeconds: number;
  characters: number;
  audioSeconds: number;
  stages: { frontend: number; acoustic: number; vocoder: number };
  firstChunkSeconds: number;
  computeSeconds: number;
  realTimeFactor: number;
  /** Least and greatest real-time factor of the runs. */
  range: [least: number, most: number];
}

export const bench = defineCommand({
  usage: '[options]',
  details: [
    'The seed picks the texts. Stages are timed one by one; the first chunk and the whole are those of a stream,',
    'which also shapes loudness and edges.',
  ].join('\n'),
  options: {
    seconds: {
      type: 'string',
      value: 'LIST',
      help: 'Approximate lengths of the texts in seconds (default 1,5,20)',
    },
    runs: { type: 'string', value: 'N', help: 'Measured runs (default 3)' },
    'warm-ups': { type: 'string', value: 'N', help: 'Runs before the measured ones (default 1)' },
    seed: { type: 'string', value: 'N', help: 'Seed of the texts (default 1)' },
    quality: speakingOptions.quality,
    voice: speakingOptions.voice,
    ...engineOptions,
    ...jsonOption,
  },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const runs = integerOption('--runs', values.runs, { min: 1, max: 1000 }) ?? 3;
    const warmUps = integerOption('--warm-ups', values['warm-ups'], { min: 0, max: 1000 }) ?? 1;
    const seed = integerOption('--seed', values.seed, { min: 0, max: 2 ** 32 - 1 }) ?? 1;
    const lengths = lengthsOption(values.seconds ?? '1,5,20');
    const options = await pipelineOptions(values);
    const environment = describeEnvironment(); // before our own work raises the load
    const started = performance.now();
    await using pipeline = await VoirsPipeline.create({ ...options, voice: values.voice, cacheSize: 0 });
    const loadSeconds = (performance.now() - started) / 1000;
    await using stages = await openStages({ ...options, voice: values.voice }, terminal.signal);
    using bar = new ProgressBar('bench');
    const total = lengths.length * (warmUps + runs);
    const results: Result[] = [];
    for (const [i, length] of lengths.entries()) {
      const text = benchText(length, seed);
      const counted: Run[] = [];
      let audioSeconds = 0;
      for (let run = -warmUps; run < runs; run++) {
        bar.update((i * (warmUps + runs) + run + warmUps) / total, `${length} s of speech`);
        const staged = await stages.time(text);
        const streamed = await timeStream(pipeline, text, terminal.signal);
        audioSeconds = streamed.audioSeconds;
        if (run >= 0) counted.push({ ...staged, ...streamed });
      }
      results.push(summarise(length, text, audioSeconds, counted));
    }
    const memory = memoryFigures(pipeline);
    const protocol = { seed, warmUps, runs };
    const { backend } = pipeline;
    if (values.json) {
      await terminal.printJson({ environment, protocol, backend, loadSeconds, results, memory });
    } else {
      await terminal.print(describe(environment, protocol, backend, loadSeconds, results, memory));
    }
  },
});

function lengthsOption(list: string): number[] {
  return list.split(',').map((part) => {
    const length = numberOption('--seconds', part.trim())!;
    if (length >= 0.5 && length <= 3600) return length;
    throw new VoirsError('INVALID_OPTIONS', 'Bad value for --seconds', {
      got: shown(part),
      wanted: 'seconds from 0.5 to 3600, separated by commas',
    });
  });
}

interface Stages extends AsyncDisposable {
  time(text: string): Promise<Pick<Run, 'frontend' | 'acoustic' | 'vocoder'>>;
}

/**
 * The steps of a pipeline one by one, on an engine of the same options, which shares backend and models with
 * the pipeline. Post-processing is not among them.
 */
async function openStages(options: PipelineOptions, signal: AbortSignal): Promise<Stages> {
  const engine = await Engine.load(options);
  const call = checkedCall(engine, { signal });
  const { hop } = engine.models.vocoder;
  return {
    async time(text) {
      const clock = stopwatch();
      const { sentences } = await engine.read(text, call);
      const frontend = clock();
      let acoustic = 0;
      let vocoder = 0;
      for (const sentence of sentences) {
        clock();
        const spoken = await beginSentence(engine, call, sentence);
        try {
          await decodeUntil(engine, call, spoken, spoken.frames);
          acoustic += clock();
          await speakWhole(engine, call, spoken, new Float32Array(spoken.frames * hop));
          vocoder += clock();
        } finally {
          releaseSentence(spoken);
        }
      }
      return { frontend, acoustic, vocoder };
    },
    [Symbol.asyncDispose]: () => engine.dispose(),
  };
}

/** @returns a function that returns the seconds since its last call. */
function stopwatch(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const elapsed = (now - last) / 1000;
    last = now;
    return elapsed;
  };
}

async function timeStream(
  pipeline: VoirsPipeline,
  text: string,
  signal: AbortSignal,
): Promise<Pick<Run, 'firstChunk' | 'stream'> & { audioSeconds: number }> {
  const started = performance.now();
  let firstChunk = 0;
  let audioSeconds = 0;
  for await (const chunk of pipeline.stream(text, { signal })) {
    firstChunk ||= (performance.now() - started) / 1000;
    audioSeconds += chunk.duration;
    chunk.dispose();
  }
  return { firstChunk, stream: (performance.now() - started) / 1000, audioSeconds };
}

function summarise(nominalSeconds: number, text: string, audioSeconds: number, runs: readonly Run[]): Result {
  const middle = (of: (run: Run) => number): number => {
    const sorted = runs.map(of).sort((a, b) => a - b);
    const half = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  };
  const factors = runs.map(({ stream }) => stream / audioSeconds);
  const computeSeconds = middle(({ stream }) => stream);
  return {
    nominalSeconds,
    characters: text.length,
    audioSeconds,
    stages: {
      frontend: middle(({ frontend }) => frontend),
      acoustic: middle(({ acoustic }) => acoustic),
      vocoder: middle(({ vocoder }) => vocoder),
    },
    firstChunkSeconds: middle(({ firstChunk }) => firstChunk),
    computeSeconds,
    realTimeFactor: computeSeconds / audioSeconds,
    range: [Math.min(...factors), Math.max(...factors)],
  };
}

function describe(
  environment: Environment,
  { seed, warmUps, runs }: { seed: number; warmUps: number; runs: number },
  backend: VoirsPipeline['backend'],
  loadSeconds: number,
  results: readonly Result[],
  memory: MemoryFigures,
): string {
  const ms = (value: number): string => `${(value * 1000).toFixed(value < 0.01 ? 2 : 0)} ms`;
  const rows = results.map((result) => [
    seconds(result.audioSeconds),
    ms(result.stages.frontend),
    ms(result.stages.acoustic),
    ms(result.stages.vocoder),
    ms(result.firstChunkSeconds),
    ms(result.computeSeconds),
    result.realTimeFactor.toFixed(3),
    `${result.range[0].toFixed(3)}-${result.range[1].toFixed(3)}`,
  ]);
  const { cpu, cores, memoryBytes, load, platform, node, voirs, date } = environment;
  const versions = Object.entries(backend.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${cpu}, ${cores} cores, ${megabytes(memoryBytes)}, ${platform}; load ${load} at the start`,
    `Node ${node}, voirs ${voirs}, backend ${backend.name}, ${backend.threads} thread(s): ${versions.join(', ')}`,
    `${date}; seed ${seed}, ${warmUps} warm-ups, ${runs} runs, medians; loading took ${seconds(loadSeconds)}`,
    '',
    table(['audio', 'frontend', 'acoustic', 'vocoder', 'first chunk', 'whole', 'RTF', 'least-most'], rows),
    '',
    `RSS ${megabytes(memory.rssBytes)}, peak ${megabytes(memory.peakRssBytes)}`,
  ].join('\n');
}
