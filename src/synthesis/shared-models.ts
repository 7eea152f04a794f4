// A voice's models on a backend, loaded once and shared: every pipeline that speaks with it holds the same weights,
// and the last to let go frees them.
import type { Backend } from '../backends/backend.js';
import type { WeightForm } from '../backends/ops.js';
import { SharedMap } from '../backends/shared-map.js';
import type { Quality } from '../config.js';
import type { AcousticModel, Vocoder } from '../models/model.js';
import type { VoiceFiles } from '../voices/files.js';

/** The two models of a voice, ready to run. */
export interface VoiceModels {
  readonly acoustic: AcousticModel;
  readonly vocoder: Vocoder;
}

/** A hold on shared models. */
export interface ModelsHold extends VoiceModels {
  /** Bytes of weights on the backend, in the form it keeps them, and how many pipelines share them. */
  weights(): { bytes: number; holders: number };
  /** Lets go; resolves when what nobody else holds has been freed. */
  release(): Promise<void>;
}

const perBackend = new WeakMap<Backend, SharedMap<VoiceModels>>();

function modelsOn(backend: Backend): SharedMap<VoiceModels> {
  const known = perBackend.get(backend) ?? new SharedMap<VoiceModels>();
  perBackend.set(backend, known);
  return known;
}

/** Models by themselves, which no voice holds. */
const alone = new WeakMap<Backend, Set<{ readonly weightBytes: number }>>();

/** Counts a model's weights among those that live on a backend, until the function that it returns is called. */
export function countWeights(backend: Backend, model: { readonly weightBytes: number }): () => void {
  const known = alone.get(backend) ?? new Set();
  alone.set(backend, known.add(model));
  return () => void known.delete(model);
}

const bytesOf = ({ acoustic, vocoder }: VoiceModels): number => acoustic.weightBytes + vocoder.weightBytes;

/** Bytes of a heap that was left, and of the one in its place. */
export interface Recycled {
  fromBytes: number;
  toBytes: number;
}

/**
 * Makes a backend go over to a fresh heap when its own is more than `workingBytes` larger than the weights in it. It waits
 * for its turn on the backend's queue; calls of other pipelines go on after it.
 * @returns what came of it; nothing where there was no need.
 */
export async function recycleBackend(backend: Backend, workingBytes: number): Promise<Recycled | undefined> {
  const shared = modelsOn(backend);
  const heapBytes = (): number => backend.memory().wasmHeapBytes ?? 0;
  const isTooLarge = (): boolean => {
    let weights = 0;
    for (const models of shared.values()) weights += bytesOf(models);
    for (const { weightBytes } of alone.get(backend) ?? []) weights += weightBytes;
    return heapBytes() > weights + workingBytes;
  };
  if (!backend.recycle || !isTooLarge()) return undefined;
  return backend.queue.run(async () => {
    if (!backend.recycle || !isTooLarge()) return undefined; // another reset was first
    const fromBytes = heapBytes();
    await backend.recycle();
    return { fromBytes, toBytes: heapBytes() };
  });
}

async function load(
  backend: Backend,
  files: VoiceFiles,
  vocoderName: string,
  weights: WeightForm,
): Promise<VoiceModels> {
  const { manifest } = files;
  const entry = manifest.vocoders.get(vocoderName)!;
  // Both files are sized and hashed before anything of either is uploaded.
  const [acousticFile, vocoderFile] = await Promise.all([
    files.tensors(manifest.acoustic),
    files.tensors(entry),
  ]);
  const acoustic = manifest.acoustic.model.load(
    backend,
    acousticFile.tensors,
    manifest.acoustic.file,
    weights,
  );
  try {
    return { acoustic, vocoder: entry.model.load(backend, vocoderFile.tensors, entry.file, weights) };
  } catch (error) {
    acoustic.dispose();
    throw error;
  }
}

/** Loads again, once, where the backend broke meanwhile and could be repaired: a worker of its threads has died. */
async function loadRepaired(
  backend: Backend,
  files: VoiceFiles,
  vocoderName: string,
  weights: WeightForm,
): Promise<VoiceModels> {
  try {
    return await load(backend, files, vocoderName, weights);
  } catch (error) {
    if ((await backend.repair?.(error)) === undefined) throw error;
    return load(backend, files, vocoderName, weights);
  }
}

/**
 * The models of a voice at a quality tier on a backend.
 * @throws VoirsError INVALID_WEIGHTS when a file is missing, damaged or does not fit its manifest.
 */
export async function acquireModels(
  backend: Backend,
  files: VoiceFiles,
  quality: Quality,
  weights: WeightForm = 'fast',
): Promise<ModelsHold> {
  const vocoderName = files.manifest.quality[quality];
  const key = `${files.folder}/${vocoderName}/${weights}`;
  const { value, holders, release } = await modelsOn(backend).acquire(key, {
    // A turn of the queue each: a backend is not made anew while weights are on their way to it.
    load: () => backend.queue.run(() => loadRepaired(backend, files, vocoderName, weights)),
    free: (models) =>
      backend.queue.run(() => {
        models.acoustic.dispose();
        models.vocoder.dispose();
      }),
  });
  return { ...value, weights: () => ({ bytes: bytesOf(value), holders: holders() }), release };
}
