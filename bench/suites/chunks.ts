// How long a chunk should be: what the vocoder's context costs short ones, and what memory long ones take. The
// constants FIRST_CHUNK of src/synthesis/render.ts and LARGEST_CHUNK of src/synthesis/memory-limit.ts rest on this.
import { parseArgs } from 'node:util';
import { chunkPlan } from '../../src/models/chunk-plan.js';
import type { VocoderInput } from '../../src/models/model.js';
import type { Engine } from '../../src/synthesis/engine.js';
import { type EngineOptions, openEngine } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { framesOf, secondsOf, vocoderInputs } from '../lib/inputs.js';
import { type MeasuredCase, measure } from '../lib/measure.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'vocoder speed, delay and WASM heap against the length of a chunk';

/** An utterance for the vocoder: the mel of vocoderInputs (laid out anew does not matter) and its source, repeatable. */
function utterance(frames: number, seed: number): VocoderInput {
  const { mel, source } = vocoderInputs(frames, seed);
  return { mel, frames, source: { rows: (from, to) => source.slice(from * 512, to * 512) } };
}

/** Vocodes everything in chunks of one length, as VoirsPipeline does with a whole text. */
async function vocodeAll({ models }: Engine, input: VocoderInput, chunk: number): Promise<void> {
  const { vocoder } = models;
  const out = new Float32Array(input.frames * vocoder.hop);
  for (const range of chunkPlan(input.frames, chunk, chunk)) {
    await vocoder.vocode(input, range, out.subarray(range.from * vocoder.hop, range.to * vocoder.hop));
  }
}

/** The first chunk of a stream. */
async function vocodeFirst({ models }: Engine, input: VocoderInput, chunk: number): Promise<void> {
  const to = Math.min(chunk, input.frames);
  await models.vocoder.vocode(input, { from: 0, to }, new Float32Array(to * models.vocoder.hop));
}

/** Bytes of the WASM heap before and after one pass, on an instance of its own: a heap never shrinks. */
async function heapOf(
  options: EngineOptions,
  input: VocoderInput,
  chunk: number,
): Promise<[before: number | undefined, after: number | undefined]> {
  await using engine = await openEngine(options);
  const before = engine.backend.memory().wasmHeapBytes;
  await vocodeAll(engine, input, chunk);
  return [before, engine.backend.memory().wasmHeapBytes];
}

/** @throws Error on an unknown option. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      backend: { type: 'string', default: 'wasm' },
      chunks: { type: 'string', default: '16,24,32,48,64,96,128,192,256,384,512' },
      seconds: { type: 'string', default: '10' },
      runs: { type: 'string', default: '7' },
    },
  });
  const protocol = { seed: 1, warmups: 2, runs: Number(values.runs) };
  const facts = environment(protocol);
  const options = { backend: values.backend, threads: Number(values.threads) };
  const frames = framesOf(Number(values.seconds));
  const input = utterance(frames, protocol.seed);
  const chunks = [
    ...values.chunks
      .split(',')
      .map(Number)
      .filter((chunk) => chunk < frames),
    frames,
  ];
  const heaps: [number | undefined, number | undefined][] = [];
  for (const chunk of chunks) heaps.push(await heapOf(options, input, chunk));
  await using engine = await openEngine(options);
  const cases = (run: typeof vocodeAll): MeasuredCase[] =>
    chunks.map((chunk) => ({ name: String(chunk), run: () => run(engine, input, chunk) }));
  const whole = await measure(cases(vocodeAll), protocol);
  const first = await measure(cases(vocodeFirst), protocol);
  const seconds = secondsOf(frames);
  const best = Math.min(...whole.map(({ cpuMs }) => cpuMs.median));
  const mebibytes = (bytes: number | undefined) => (bytes === undefined ? null : bytes / 2 ** 20);
  const rows = chunks.map((chunk, i): Table['rows'][number] => [
    chunk === frames ? `${chunk} (whole)` : String(chunk),
    secondsOf(chunk),
    whole[i]!.wallMs.median / 1000 / seconds,
    whole[i]!.cpuMs.median / 1000 / seconds,
    whole[i]!.cpuMs.median / best,
    first[i]!.wallMs.median,
    first[i]!.cpuMs.median,
    mebibytes(heaps[i]![1]),
  ]);
  const columns = [
    'frames',
    'audio s',
    'RTF wall',
    'RTF CPU',
    'x best CPU',
    'first chunk wall ms',
    'CPU ms',
    'WASM heap MiB',
  ];
  const context = engine.models.vocoder.contextFrames;
  const notes = [
    `${seconds.toFixed(1)} s of audio, ${options.backend}, ${options.threads} thread(s); each chunk is vocoded with ${context} frames of mel on either side, fewer and fewer from stage to stage`,
    `heap after one pass of the vocoder on a fresh instance, both models' weights in it; before the pass ${mebibytes(heaps[0]![0])?.toFixed(1) ?? 'not measured'} MiB`,
    'a first chunk can be played for its own length while the next is made: the next (twice as long) must take less',
  ];
  return {
    name: 'chunks',
    environment: facts,
    tables: [{ title: 'length of a chunk', columns, rows }],
    notes,
  };
}
