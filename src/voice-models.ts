// A voice's models on a backend, loaded once and shared: every pipeline that speaks with it holds the same weights,
// and the last to let go frees them.
import { FastSpeech } from './acoustic/fastspeech.js';
import type { Backend } from './backends/backend.js';
import type { WeightForm } from './backends/ops.js';
import { SharedMap } from './backends/shared-map.js';
import { Generator } from './vocoder/generator.js';
import { validateAcoustic, validateVocoder } from './voices/expected-tensors.js';
import type { VoiceFiles } from './voices/files.js';
import type { QualityTier } from './voices/manifest.js';

/** The two models of a voice, ready to run. */
export interface VoiceModels {
  readonly acoustic: FastSpeech;
  readonly vocoder: Generator;
  /** Awaited at the start of a job that runs them: loads them again when the backend was made anew beneath them. */
  ready?(): Promise<void>;
}

/** A hold on shared models. */
export interface ModelsHold extends VoiceModels {
  /** Bytes of weights on the backend, in the form it keeps them, and how many pipelines share them. */
  weights(): { bytes: number; holders: number };
  /** Lets go; resolves when what nobody else holds has been freed. */
  release(): Promise<void>;
}

const perBackend = new WeakMap<Backend, { shared: SharedMap<SharedModels>; alive: Set<SharedModels> }>();

function modelsOn(backend: Backend): { shared: SharedMap<SharedModels>; alive: Set<SharedModels> } {
  const known = perBackend.get(backend) ?? { shared: new SharedMap<SharedModels>(), alive: new Set() };
  perBackend.set(backend, known);
  return known;
}

/** The models on whatever instance their backend has; sizes and configurations can be read also between two of them. */
class SharedModels implements VoiceModels {
  private isLoaded = true;

  private constructor(
    private models: VoiceModels,
    private readonly reload: () => Promise<VoiceModels>,
  ) {}

  static async load(reload: () => Promise<VoiceModels>): Promise<SharedModels> {
    return new SharedModels(await reload(), reload);
  }

  get acoustic(): FastSpeech {
    return this.models.acoustic;
  }

  get vocoder(): Generator {
    return this.models.vocoder;
  }

  get bytes(): number {
    return this.isLoaded ? this.acoustic.weightBytes + this.vocoder.weightBytes : 0;
  }

  async ready(): Promise<void> {
    if (this.isLoaded) return;
    this.models = await this.reload();
    this.isLoaded = true;
  }

  unload(): void {
    if (!this.isLoaded) return;
    this.isLoaded = false;
    this.acoustic.dispose();
    this.vocoder.dispose();
  }
}

/** What making a backend anew gave. */
export interface Recycled {
  heapBytesBefore: number;
  heapBytesAfter: number;
}

/**
 * Makes a backend anew when its heap is more than `workingBytes` larger than the weights in it, and loads these again
 * from their files. It waits for its turn on the backend's queue; calls of other pipelines go on after it.
 * @returns what came of it; nothing where there was no need.
 * @throws VoirsError INVALID_WEIGHTS when the files have gone; the next call then tries to load them again.
 */
export async function recycleBackend(backend: Backend, workingBytes: number): Promise<Recycled | undefined> {
  const { alive } = modelsOn(backend);
  const heapBytes = (): number => backend.memory().wasmHeapBytes ?? 0;
  const isTooLarge = (): boolean => {
    let weights = 0;
    for (const models of alive) weights += models.bytes;
    return heapBytes() > weights + workingBytes;
  };
  if (!backend.recycle || !isTooLarge()) return undefined;
  return backend.queue.run(async () => {
    if (!backend.recycle || !isTooLarge()) return undefined; // another reset was first
    const heapBytesBefore = heapBytes();
    await backend.recycle(() => {
      for (const models of alive) models.unload();
    });
    for (const models of alive) await models.ready();
    return { heapBytesBefore, heapBytesAfter: heapBytes() };
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
  // Both files are read and hashed before either is uploaded: a damaged voice leaves nothing behind.
  const [acousticFile, vocoderFile] = await Promise.all([
    files.tensors(manifest.acoustic),
    files.tensors(entry),
  ]);
  const acousticTensors = validateAcoustic(manifest, acousticFile.tensors, manifest.acoustic.file);
  const vocoderTensors = validateVocoder(entry, vocoderFile.tensors, entry.file);
  const acoustic = FastSpeech.load(backend, manifest.acoustic, acousticTensors, weights);
  try {
    return { acoustic, vocoder: Generator.load(backend, entry, vocoderTensors, weights) };
  } catch (error) {
    acoustic.dispose();
    throw error;
  }
}

/**
 * The models of a voice at a quality tier on a backend.
 * @throws VoirsError INVALID_WEIGHTS when a file is missing, damaged or does not fit its manifest.
 */
export async function acquireModels(
  backend: Backend,
  files: VoiceFiles,
  quality: QualityTier,
  weights: WeightForm = 'fast',
): Promise<ModelsHold> {
  const vocoderName = files.manifest.quality[quality];
  const { shared, alive } = modelsOn(backend);
  const { value, holders, release } = await shared.acquire(`${files.folder}/${vocoderName}/${weights}`, {
    // A turn of the queue each: a backend is not made anew while weights are on their way to it.
    load: () =>
      backend.queue.run(async () => {
        const models = await SharedModels.load(() => load(backend, files, vocoderName, weights));
        alive.add(models);
        return models;
      }),
    free: (models) =>
      backend.queue.run(() => {
        alive.delete(models);
        models.unload();
      }),
  });
  return {
    get acoustic() {
      return value.acoustic;
    },
    get vocoder() {
      return value.vocoder;
    },
    ready: () => value.ready(),
    weights: () => ({ bytes: value.bytes, holders: holders() }),
    release,
  };
}
