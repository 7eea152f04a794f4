// A voice's models on a backend, loaded once and shared: every pipeline that speaks with it holds the same weights,
// and the last to let go frees them.
import { FastSpeech } from './acoustic/fastspeech.js';
import type { Backend } from './backends/backend.js';
import { SharedMap } from './backends/shared-map.js';
import { Generator } from './vocoder/generator.js';
import { validateAcoustic, validateVocoder } from './voices/expected-tensors.js';
import type { VoiceFiles } from './voices/files.js';
import type { QualityTier } from './voices/manifest.js';

/** The two models of a voice, ready to run. */
export interface VoiceModels {
  readonly acoustic: FastSpeech;
  readonly vocoder: Generator;
}

/** A hold on shared models. */
export interface ModelsHold extends VoiceModels {
  /** Bytes of weights on the backend, in the form it keeps them, and how many pipelines share them. */
  weights(): { bytes: number; holders: number };
  /** Lets go; resolves when what nobody else holds has been freed. */
  release(): Promise<void>;
}

const perBackend = new WeakMap<Backend, SharedMap<VoiceModels>>();

async function load(backend: Backend, files: VoiceFiles, vocoderName: string): Promise<VoiceModels> {
  const { manifest } = files;
  const entry = manifest.vocoders.get(vocoderName)!;
  // Both files are read and hashed before either is uploaded: a damaged voice leaves nothing behind.
  const [acousticFile, vocoderFile] = await Promise.all([
    files.tensors(manifest.acoustic),
    files.tensors(entry),
  ]);
  const acousticTensors = validateAcoustic(manifest, acousticFile.tensors, manifest.acoustic.file);
  const vocoderTensors = validateVocoder(entry, vocoderFile.tensors, entry.file);
  const acoustic = FastSpeech.load(backend, manifest.acoustic, acousticTensors);
  try {
    return { acoustic, vocoder: Generator.load(backend, entry, vocoderTensors) };
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
): Promise<ModelsHold> {
  const vocoderName = files.manifest.quality[quality];
  const shared = perBackend.get(backend) ?? new SharedMap<VoiceModels>();
  perBackend.set(backend, shared);
  const { value, holders, release } = await shared.acquire(`${files.folder}/${vocoderName}`, {
    load: () => load(backend, files, vocoderName),
    free: ({ acoustic, vocoder }) =>
      backend.queue.run(() => {
        acoustic.dispose();
        vocoder.dispose();
      }),
  });
  const bytes = value.acoustic.weightBytes + value.vocoder.weightBytes;
  return { ...value, weights: () => ({ bytes, holders: holders() }), release };
}
