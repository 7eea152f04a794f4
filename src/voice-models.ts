// A voice's models on a backend, loaded once and shared: every pipeline that speaks with it holds the same weights,
// and the last to let go frees them.
import { FastSpeech } from './acoustic/fastspeech.js';
import type { Backend } from './backends/backend.js';
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
  release(): void;
}

interface Shared {
  models: Promise<VoiceModels>;
  users: number;
}

const shared = new WeakMap<Backend, Map<string, Shared>>();

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
  const key = `${files.folder}/${vocoderName}`;
  let onBackend = shared.get(backend);
  if (!onBackend) {
    onBackend = new Map();
    shared.set(backend, onBackend);
  }
  const all = onBackend;
  const entry = all.get(key) ?? { models: load(backend, files, vocoderName), users: 0 };
  all.set(key, entry);
  entry.users++;
  let isHeld = true;
  const release = (): void => {
    if (!isHeld) return;
    isHeld = false;
    if (--entry.users > 0) return;
    all.delete(key);
    entry.models.then(
      ({ acoustic, vocoder }) =>
        backend.queue.run(() => {
          acoustic.dispose();
          vocoder.dispose();
        }),
      () => {},
    );
  };
  try {
    return { ...(await entry.models), release };
  } catch (error) {
    release();
    throw error;
  }
}
