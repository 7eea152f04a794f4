// A voice with another vocoder: somebody's HiFi-GAN in place of the one that the voice has, or that it lacks. It must be
// made for the frames that the acoustic model makes.
import { JsonReader } from '../checkpoints/json-reader.js';
import { VoirsError } from '../errors.js';
import { samplesPerFrame } from '../vocoder/hifigan-config.js';
import type { VocoderCheckpoint, VoiceFiles } from './files.js';
import { FILES, NO_FILE, ONE_QUALITY } from './foreign/foreign-voice.js';
import { parseVoiceManifest, type VoiceManifest } from './manifest.js';

/** Fields of jik876's config.json that say how mel is made, and ours. */
const MEL_FIELDS = [
  ['n_fft', 'fftSize'],
  ['win_size', 'windowSize'],
  ['fmin', 'minHz'],
  ['fmax', 'maxHz'],
] as const;

/** A note of a model of mel alone, which no longer holds (foreign/conformer-huggingface.ts). */
const NO_VOCODER = /^The folder has no vocoder/;

/** Where a vocoder takes other frames than a voice makes; empty where they agree as far as they are stated. */
export function frameDifferences(
  { mel, sampleRate, vocoders }: VoiceManifest,
  { config, json, source }: VocoderCheckpoint,
): string[] {
  const root = JsonReader.parse(json, source);
  const different: string[] = [];
  const compare = (what: string, got: number | undefined, wanted: number): void => {
    if (got !== undefined && got !== wanted) different.push(`${what} ${got}, not ${wanted}`);
  };
  compare('bands', config.bands, mel.bands);
  if (vocoders.size === 0) return different; // its hop and rate are those of the vocoder that it gets
  compare('samples a frame', samplesPerFrame(config), mel.hopSize);
  compare('Hz', config.sampleRate, sampleRate);
  if (mel.log !== 'natural') return different;
  for (const [theirs, ours] of MEL_FIELDS) {
    const field = root.field(theirs);
    if (!field.isAbsent) compare(theirs, field.numberFromText().number(), mel[ours]);
  }
  if (config.isNormalised) different.push('frames that the vocoder normalises itself');
  return different;
}

/** @throws VoirsError INVALID_WEIGHTS where the vocoder takes other frames than the voice makes. */
export function withVocoder(voice: VoiceFiles, vocoder: VocoderCheckpoint): VoiceFiles {
  const { manifest } = voice;
  const different = frameDifferences(manifest, vocoder);
  if (different.length > 0) {
    throw new VoirsError('INVALID_WEIGHTS', `${vocoder.source} does not fit ${manifest.name}`, {
      got: different.join('; '),
      wanted: 'a vocoder of the frames that the acoustic model makes',
      suggestion: 'Name the voice that it was trained with by --acoustic.',
    });
  }
  const model = JSON.parse(voice.json) as Record<string, unknown>;
  // Both were measured with the vocoder that was there.
  const { loudness: _, vocoders: __, ...rest } = model;
  const taken = manifest.acoustic.file === FILES.vocoder ? 'hifigan.safetensors' : FILES.vocoder;
  const own = { type: 'hifigan', file: taken, ...NO_FILE, ...vocoder.config };
  const timing =
    manifest.vocoders.size > 0
      ? {}
      : {
          sampleRate: vocoder.config.sampleRate ?? manifest.sampleRate,
          mel: { ...manifest.mel, hopSize: samplesPerFrame(vocoder.config) },
        };
  const json = JSON.stringify({ ...rest, ...timing, vocoders: { own }, quality: ONE_QUALITY });
  return {
    ...voice,
    json,
    manifest: parseVoiceManifest(json, manifest.name),
    notes: [...(voice.notes ?? []).filter((note) => !NO_VOCODER.test(note)), ...vocoder.notes],
    tensors: async (entry) =>
      entry.file === taken ? { tensors: new Map(vocoder.tensors), metadata: {} } : voice.tensors(entry),
  };
}
