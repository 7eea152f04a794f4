// How long a chunk should be: the cost of the vocoder's context for short ones, the memory of long ones. The
// constants FIRST_CHUNK of src/synthesis/render.ts and LARGEST_CHUNK of src/synthesis/memory-limit.ts rest on
// this.
import { backendNames } from '../../src/backends/registry.js';
import type { Vocoder, VocoderInput } from '../../src/models/model.js';
import { type EngineOptions, openEngine, vocodeAll } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { framesOf, secondsOf, vocoderInputs } from '../lib/inputs.js';
import { type MeasuredCase, measure } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'vocoder speed, delay and WASM heap against the length of a chunk';

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads' },
  backend: { kind: 'name', of: backendNames(), default: 'wasm', does: 'backend' },
  chunks: {
    kind: 'counts',
    default: [16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512],
    does: 'lengths in mel frames; the whole is added',
  },
  seconds: { kind: 'number', default: 10, does: 'audio' },
  runs: { kind: 'count', default: 7, does: 'counted runs' },
} as const satisfies Options;

/**
 * An utterance for the vocoder: the mel of vocoderInputs (its layout does not matter) and its source,
 * repeatable.
 */
function utterance(frames: number, seed: number): VocoderInput {
  const { mel, source } = vocoderInputs(frames, seed);
  return { mel, frames, source: { rows: (from, to) => source.slice(from * 512, to * 512) } };
}

/** The first chunk of a stream. */
async function vocodeFirst(vocoder: Vocoder, input: VocoderInput, chunk: number): Promise<void> {
  const to = Math.min(chunk, input.frames);
  await vocoder.vocode(input, { from: 0, to }, new Float32Array(to * vocoder.hop));
}

/** Bytes of the WASM heap before and after one pass, on an instance of its own: a heap never shrinks. */
async function heapOf(
  how: EngineOptions,
  input: VocoderInput,
  chunk: number,
): Promise<[before: number | undefined, after: number | undefined]> {
  await using engine = await openEngine(how);
  const before = engine.backend.memory().wasmHeapBytes;
  await vocodeAll(engine.models.vocoder, input, chunk);
  return [before, engine.backend.memory().wasmHeapBytes];
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, backend, chunks: lengths, seconds: wanted, runs } = parseOptions(options, args);
  const protocol = { seed: 1, warmups: 2, runs };
  const facts = environment(protocol);
  const how = { backend, threads };
  const frames = framesOf(wanted);
  const input = utterance(frames, protocol.seed);
  const chunks = [...lengths.filter((chunk) => chunk < frames), frames];
  const heaps: [number | undefined, number | undefined][] = [];
  for (const chunk of chunks) heaps.push(await heapOf(how, input, chunk));
  await using engine = await openEngine(how);
  const { vocoder } = engine.models;
  const cases = (run: (...given: Parameters<typeof vocodeFirst>) => Promise<unknown>): MeasuredCase[] =>
    chunks.map((chunk) => ({ name: String(chunk), run: () => run(vocoder, input, chunk) }));
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
  const context = vocoder.contextFrames;
  const notes = [
    `${seconds.toFixed(1)} s of audio, ${backend}, ${threads} thread(s); each chunk is vocoded with ${context} frames of mel on either side, fewer and fewer from stage to stage`,
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
