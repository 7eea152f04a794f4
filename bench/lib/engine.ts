// Our own engine opened part by part, so that a bench can time one model alone on the inputs that rivals get,
// and the one way in which every bench runs the vocoder and the acoustic model.
import { acquireBackend, type BackendHold } from '../../src/backends/registry.js';
import { Frontend } from '../../src/frontend/frontend.js';
import { Vocabulary } from '../../src/frontend/phonemes.js';
import type { SpeakingContext } from '../../src/synthesis/sentence.js';
import { acquireModels, type VoiceModels } from '../../src/synthesis/shared-models.js';
import type { Generator } from '../../src/vocoder/hifigan.js';
import { chunkPlan, type VocoderInput, vocodeRange } from '../../src/vocoder/hifigan-chunks.js';
import { defaultVoiceFolder, loadPronouncer, speakerOf } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import type { RivalTensors } from '../rivals/rival.js';
import type { AcousticInputs, VocoderInputs } from './inputs.js';

/** The shipped voice on one backend. */
export interface Engine extends AsyncDisposable {
  backend: BackendHold['backend'];
  models: VoiceModels;
  frontend: Frontend;
  /** For speakAcoustically and speakRange. */
  context: SpeakingContext;
}

/** How the engine computes. */
export interface EngineOptions {
  backend: string;
  threads: number;
}

/**
 * Opens the shipped voice at its medium quality; a pipeline with equal options in this process shares the
 * models.
 */
export async function openEngine({ backend: name, threads }: EngineOptions): Promise<Engine> {
  const files = await loadVoiceFiles(defaultVoiceFolder());
  const { manifest } = files;
  const hold = await acquireBackend(name, { numThreads: threads });
  const { backend } = hold;
  if (backend.threads !== threads) {
    throw new Error(`the ${name} backend runs ${backend.threads} threads here, not ${threads}`);
  }
  const models = await acquireModels(backend, files, 'medium');
  return {
    backend,
    models,
    frontend: new Frontend(await loadPronouncer(files), manifest.acoustic.maxTrainedTokens),
    context: {
      backend,
      models,
      vocabulary: new Vocabulary(manifest.tokens, manifest.tokenAliases),
      speaker: speakerOf(manifest),
      signal: undefined,
    },
    async [Symbol.asyncDispose]() {
      await models.release();
      await hold.release();
    },
  };
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
  generator: Generator,
  { frames, mel, source }: VocoderInputs,
): () => Promise<RivalTensors> {
  const melRows = transposed(mel, generator.config.bands, frames);
  const length = frames * generator.hop;
  const sourceRows = generator.config.source ? transposed(source, 2, length) : undefined;
  return async () => {
    const samples = new Float32Array(length);
    const tensor = generator.run(melRows, sourceRows);
    await generator.backend.read(tensor, samples);
    tensor.dispose();
    return { audio: { data: samples, dims: [1, 1, length] } };
  };
}

/**
 * A whole utterance in chunks of at most `chunk` frames, as VoirsPipeline vocodes a whole text.
 *
 * @returns its samples [S].
 */
export async function vocodeAll(
  vocoder: Generator,
  input: VocoderInput,
  chunk: number,
): Promise<Float32Array> {
  const { hop } = vocoder;
  const samples = new Float32Array(input.frames * hop);
  for (const range of chunkPlan(input.frames, chunk, chunk, vocoder.contextFrames)) {
    await vocodeRange(vocoder, input, range, samples.subarray(range.from * hop, range.to * hop));
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
