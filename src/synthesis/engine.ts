// From options to everything a pipeline holds, loaded in parallel; when one part fails, the others are given back.

import type { Backend } from '../backends/backend.js';
import type { WeightForm } from '../backends/ops.js';
import { acquireBackend, type BackendHold } from '../backends/registry.js';
import { type PipelineOptions, SynthesisConfig } from '../config.js';
import { Frontend } from '../frontend/frontend.js';
import { Vocabulary } from '../frontend/phonemes.js';
import { defaultVoiceFolder, loadPronouncer, speakerOf } from '../voices/catalog.js';
import { loadVoiceFiles, type VoiceFiles } from '../voices/files.js';
import { mustReachFloor, weightForm } from './memory-limit.js';
import { acquireModels, type ModelsHold } from './shared-models.js';

/** Everything a loaded pipeline holds. */
export interface Loaded {
  config: SynthesisConfig;
  files: VoiceFiles;
  frontend: Frontend;
  vocabulary: Vocabulary;
  hold: BackendHold;
  models: ModelsHold;
  /** The form that the memory limit leaves room for. */
  weights: WeightForm;
}

/** @throws VoirsError as `VoirsPipeline.create`; nothing stays loaded then. */
export async function load(options: PipelineOptions): Promise<Loaded> {
  const { config: given, voice, backend = 'auto', weights, lexicon, ...settings } = options;
  const config = given ? given.update(settings) : new SynthesisConfig(settings);
  const [files, hold] = await bothOrNeither(
    loadVoiceFiles(weights ?? defaultVoiceFolder()),
    acquireBackend(backend, { numThreads: config.numThreads, useGpu: config.useGpu }),
    (hold) => hold.release(),
  );
  try {
    const { manifest } = files;
    speakerOf(manifest, voice);
    const { bytes } = manifest.vocoders.get(manifest.quality[config.quality])!;
    const form = weightForm(config.memoryLimitMb, manifest.acoustic.bytes + bytes);
    const [pronouncer, models] = await bothOrNeither(
      loadPronouncer(files, lexicon),
      modelsWithin(config, hold.backend, files, form),
      (models) => models.release(),
    );
    const frontend = new Frontend(pronouncer, manifest.acoustic.maxTrainedTokens);
    const vocabulary = new Vocabulary(manifest.tokens, manifest.tokenAliases);
    return { config, files, frontend, vocabulary, hold, models, weights: form };
  } catch (error) {
    await hold.release();
    throw error;
  }
}

/** The models, if the limit has room for them. */
async function modelsWithin(
  { quality, memoryLimitMb }: SynthesisConfig,
  backend: Backend,
  files: VoiceFiles,
  form: WeightForm,
): Promise<ModelsHold> {
  const models = await acquireModels(backend, files, quality, form);
  try {
    mustReachFloor(memoryLimitMb, backend, models, files.manifest.sampleRate);
    return models;
  } catch (error) {
    await models.release();
    throw error;
  }
}

/** Waits for both; when one fails, what the other brought is given back. */
async function bothOrNeither<A, B>(
  first: Promise<A>,
  second: Promise<B>,
  undo: (b: B) => Promise<void>,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (b.status === 'fulfilled') await undo(b.value);
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}
