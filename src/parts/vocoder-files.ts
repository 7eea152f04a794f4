// Where a vocoder by itself comes from: a voice, a folder, a file with its configuration beside it, or bytes.
import { HIFIGAN_MEL, type MelForm, melForm } from '../audio/mel-form.js';
import { JsonReader } from '../checkpoints/json-reader.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import type { Quality } from '../config.js';
import { shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import type { Vocoder } from '../models/model.js';
import { voiceMelForm } from '../synthesis/mel-of-text.js';
import { generatorDescription } from '../vocoder/hifigan.js';
import { hifiganCheckpoint } from '../vocoder/hifigan-checkpoint.js';
import { namedVoiceFiles, vocoderOf } from '../voices/catalog.js';
import { loadVoiceFiles, type VoiceFiles } from '../voices/files.js';
import { describeVocoder } from '../voices/model-types.js';
import { MAX_WEIGHTS_BYTES, readChecked, readText, weightsWithin } from '../voices/read-file.js';
import type { ReadModel } from './part.js';

/** A vocoder that is read, and what its files say besides. */
export interface ReadVocoder extends ReadModel<Vocoder> {
  readonly type: string;
  /** How its mels are made; undefined where nothing says so. */
  readonly form: MelForm | undefined;
  /** Hz. */
  readonly sampleRate: number;
  /** What was assumed, a sentence each. */
  readonly notes: readonly string[];
}

type Config = Readonly<Record<string, unknown>>;

/** Which vocoder, where the source leaves it open. */
export interface VocoderChoice {
  /** What config.json holds, or where that is. */
  config: Config | string | undefined;
  /** A voice of the shipped set. */
  voice: string | undefined;
  quality: Quality;
}

const { within, nameOf } = host.files;
const exists = (location: string): Promise<boolean> =>
  host.files.open(location).then(
    () => true,
    () => false,
  );

/**
 * @param source a path (Node) or URL (a page), or the weights' bytes; undefined: the shipped voice.
 * @throws VoirsError INVALID_WEIGHTS, IO_ERROR.
 */
export async function readVocoder(
  source: string | Uint8Array | undefined,
  { config, voice, quality }: VocoderChoice,
): Promise<ReadVocoder> {
  if (source === undefined) return ofVoice(await namedVoiceFiles(voice), quality);
  const given = typeof config === 'string' ? await readConfig(config) : config;
  if (typeof source !== 'string') return ofWeights(source, given ?? {}, 'The vocoder');
  if (given) return ofWeights(await readChecked(source, MAX_WEIGHTS_BYTES), given, nameOf(source));
  if (/\.onnx$/i.test(source) || (await exists(within(source, 'model.json'))))
    return ofVoice(await loadVoiceFiles(source), quality);
  if (await exists(within(source, 'config.json'))) {
    const inside = await readConfig(within(source, 'config.json'));
    const { model_type: kind = 'hifigan' } = inside;
    if (kind !== 'hifigan') return ofVoice(await loadVoiceFiles(source), quality);
    const weights = await weightsWithin(source);
    return ofWeights(await readChecked(weights, MAX_WEIGHTS_BYTES), inside, nameOf(weights));
  }
  const beside = `${source.slice(0, source.length - nameOf(source).length)}config.json`;
  const bytes = await readChecked(source, MAX_WEIGHTS_BYTES); // a path that leads nowhere is told first
  return ofWeights(bytes, (await exists(beside)) ? await readConfig(beside) : {}, nameOf(source));
}

async function readConfig(location: string): Promise<Config> {
  const json = await readText(location);
  JsonReader.parse(json, nameOf(location));
  return JSON.parse(json.replace(/^\uFEFF/, '')) as Config;
}

async function ofVoice(files: VoiceFiles, quality: Quality): Promise<ReadVocoder> {
  const { manifest } = files;
  const entry = vocoderOf(manifest, quality);
  const { tensors } = await files.tensors(entry);
  return {
    ...{ type: entry.type, model: entry.model, tensors, source: entry.file },
    ...{ form: voiceMelForm(manifest), sampleRate: manifest.sampleRate, notes: files.notes ?? [] },
  };
}

async function ofWeights(bytes: Uint8Array, config: Config, source: string): Promise<ReadVocoder> {
  const { tensorsOf } = await import('../voices/foreign/others.js');
  const tensors = tensorsOf(bytes, source);
  return config.type === undefined ? ofHifigan(config, tensors, source) : ofType(config, tensors, source);
}

function ofHifigan(config: Config, stored: ReadonlyMap<string, HostTensor>, source: string): ReadVocoder {
  const { config: own, tensors, notes } = hifiganCheckpoint(JSON.stringify(config), stored, 'config.json');
  const all = [...notes];
  if (own.sampleRate === undefined)
    all.push(`The configuration states no sampling_rate: ${HIFIGAN_MEL.sampleRate} Hz`);
  const sampleRate = own.sampleRate ?? HIFIGAN_MEL.sampleRate;
  return {
    ...{ type: 'hifigan', model: generatorDescription(own), tensors, source, sampleRate, notes: all },
    form: trainedForm(config, own.bands, sampleRate),
  };
}

/** jik876's configurations say how their mels are made; Hugging Face's do not. */
function trainedForm(config: Config, bands: number, sampleRate: number): MelForm | undefined {
  const { n_fft, hop_size, win_size, fmin, fmax } = config;
  if ([n_fft, hop_size, win_size, fmin].some((value) => !Number.isFinite(Number(value ?? Number.NaN))))
    return undefined;
  const [fftSize, hopSize, windowSize, minHz] = [n_fft, hop_size, win_size, fmin].map(Number) as Four;
  const maxHz = Number(fmax ?? sampleRate / 2);
  return formOrFault({ bands, sampleRate, fftSize, hopSize, windowSize, minHz, maxHz });
}

type Four = [number, number, number, number];

/** A registered architecture by itself: `type`, `bands`, `hopSize` and `sampleRate` beside its own fields. */
function ofType(config: Config, tensors: ReadonlyMap<string, HostTensor>, source: string): ReadVocoder {
  const entry = JsonReader.parse(JSON.stringify(config), 'config.json');
  const size = (name: string, max = 65_536): number => entry.field(name).integer({ min: 1, max });
  const [bands, hop, sampleRate] = [size('bands'), size('hopSize'), size('sampleRate', 384_000)];
  const { type, model } = describeVocoder(entry, { tokens: 1, speakers: 1, bands, hop, sampleRate });
  const { mel } = config;
  const form =
    mel === undefined ? undefined : formOrFault({ ...(mel as object), bands, hopSize: hop, sampleRate });
  return { type, model, tensors, source, form, sampleRate, notes: [] };
}

function formOrFault(given: Partial<MelForm>): MelForm {
  try {
    return melForm(given);
  } catch (cause) {
    throw new VoirsError('INVALID_WEIGHTS', 'config.json states mels that cannot be', {
      got: cause instanceof VoirsError ? cause.message : shown(given),
      wanted: 'sizes of a mel spectrogram',
      suggestion: 'Use the configuration that belongs to the weights.',
      cause,
    });
  }
}
