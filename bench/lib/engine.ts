// Our own engine opened part by part, so that a bench can time one model alone on the inputs that rivals get,
// and the one way in which every bench runs the vocoder and the acoustic model.

import type { Backend } from '../../src/backends/backend.js';
import type { Sentence } from '../../src/frontend/utterance.js';
import { chunkPlan } from '../../src/models/chunk-plan.js';
import type { Vocoder, VocoderInput } from '../../src/models/model.js';
import type { Call } from '../../src/synthesis/call.js';
import { Engine } from '../../src/synthesis/engine.js';
import { beginSentence, decodeUntil, type SpokenSentence, speakWhole } from '../../src/synthesis/sentence.js';
import type { VoiceModels } from '../../src/synthesis/shared-models.js';
import { loadGenerator } from '../../src/vocoder/hifigan.js';
import { GivenSource } from '../../src/vocoder/hifigan-source.js';
import { readVocoderCheckpoint } from '../../src/voices/files.js';
import type { RivalTensors } from '../rivals/rival.js';
import type { AcousticInputs, VocoderInputs } from './inputs.js';

/** How the engine computes. */
export interface EngineOptions {
  backend: string;
  threads: number;
  /** Folder of a voice set; default: the shipped one. */
  weights?: string;
}

/**
 * Opens the shipped voice, without post-processing and kept results; a pipeline of the same backend and threads in this
 * process shares the models.
 */
export async function openEngine({ backend, threads, weights }: EngineOptions): Promise<Engine> {
  const engine = await Engine.load({
    ...{ backend, numThreads: threads, quality: 'medium', weights },
    ...{ enablePostprocessing: false, cacheSize: 0, sampleRate: 22050, memoryLimitMb: 512 },
  });
  if (engine.backend.threads === threads) return engine;
  const had = engine.backend.threads;
  await engine.dispose();
  throw new Error(`the ${backend} backend runs ${had} threads here, not ${threads}`);
}

/** A sentence through the acoustic model: all its mel and F0. */
export async function acousticOf(engine: Engine, call: Call, sentence: Sentence): Promise<SpokenSentence> {
  const spoken = await beginSentence(engine, call, sentence);
  await decodeUntil(engine, call, spoken, spoken.frames);
  return spoken;
}

/** Its samples. */
export async function samplesOf(engine: Engine, call: Call, spoken: SpokenSentence): Promise<Float32Array> {
  const samples = new Float32Array(spoken.frames * engine.models.vocoder.hop);
  await speakWhole(engine, call, spoken, samples);
  return samples;
}

/** The generator of a checkpoint with jik876's names. */
export async function generatorFrom(backend: Backend, model: string, configPath: string): Promise<Vocoder> {
  const { config, tensors, source } = await readVocoderCheckpoint(model, configPath);
  return loadGenerator(backend, config, tensors, source);
}

/** mel [T, bands] and source [S, 2] -> samples, in one run. */
export async function vocodeWhole(
  vocoder: Vocoder,
  mel: Float32Array,
  source?: Float32Array,
): Promise<Float32Array> {
  const frames = mel.length / vocoder.bands;
  const samples = new Float32Array(frames * vocoder.hop);
  const given = source && new GivenSource(source, vocoder.hop);
  await vocoder.vocode({ mel, frames, source: given }, { from: 0, to: frames }, samples);
  return samples;
}

/** [rows, columns] -> [columns, rows]. */
function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) result[c * rows + r] = values[r * columns + c]!;
  }
  return result;
}

/** A generator over a whole utterance in one run, on what a rival's `vocoder` or `hifigan-*` graph gets. */
export function vocoderRun(
  vocoder: Vocoder,
  { frames, mel, source }: VocoderInputs,
): () => Promise<RivalTensors> {
  const melRows = transposed(mel, vocoder.bands, frames);
  const length = frames * vocoder.hop;
  const sourceRows = vocoder.isDriven ? transposed(source, 2, length) : undefined;
  return async () => {
    const samples = await vocodeWhole(vocoder, melRows, sourceRows);
    return { audio: { data: samples, dims: [1, 1, length] } };
  };
}

/**
 * A whole utterance in chunks of at most `chunk` frames, as VoirsPipeline vocodes a whole text.
 *
 * @returns its samples [S].
 */
export async function vocodeAll(vocoder: Vocoder, input: VocoderInput, chunk: number): Promise<Float32Array> {
  const { hop } = vocoder;
  const samples = new Float32Array(input.frames * hop);
  for (const range of chunkPlan(input.frames, chunk, chunk, vocoder.contextFrames)) {
    await vocoder.vocode(input, range, samples.subarray(range.from * hop, range.to * hop));
  }
  return samples;
}

/** The acoustic model with given durations, on what a rival's `acoustic-forced` graph gets. */
export function acousticRun({ acoustic }: VoiceModels, inputs: AcousticInputs): () => Promise<RivalTensors> {
  const tokens = Int32Array.from(inputs.tokens);
  const durations = Int32Array.from(inputs.durations);
  return async () => {
    const encoded = await acoustic.encode(tokens, inputs.speaker);
    const { mel, frames } = await acoustic.decode(encoded, { ...encoded.predicted, durations });
    encoded.dispose();
    return { mel: { data: mel, dims: [1, frames, acoustic.bands] } };
  };
}
