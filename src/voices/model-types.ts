// The architectures that a manifest may name; a new one is a line here (CONTRIBUTING.md, "Adding a model").
import { fastspeech2 } from '../acoustic/fastspeech2.js';
import { fastspeech2Conv } from '../acoustic/fastspeech2-conv.js';
import type { JsonReader } from '../checkpoints/json-reader.js';
import type { AcousticModel, ModelDescription, ModelType, Vocoder, VoiceShape } from '../models/model.js';
import { hifigan } from '../vocoder/hifigan.js';

const ACOUSTIC: readonly ModelType<AcousticModel>[] = [fastspeech2, fastspeech2Conv];
const VOCODERS: readonly ModelType<Vocoder>[] = [hifigan];

/** A model's entry in a manifest: its type, and what that says of itself. */
export interface DescribedModel<Model> {
  type: string;
  model: ModelDescription<Model>;
}

function described<Model>(
  types: readonly ModelType<Model>[],
  entry: JsonReader,
  voice: VoiceShape,
): DescribedModel<Model> {
  const type = entry.field('type').oneOf(...types.map((one) => one.type));
  return { type, model: types.find((one) => one.type === type)!.read(entry, voice) };
}

/** @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
export const describeAcoustic = (entry: JsonReader, voice: VoiceShape): DescribedModel<AcousticModel> =>
  described(ACOUSTIC, entry, voice);

/** @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
export const describeVocoder = (entry: JsonReader, voice: VoiceShape): DescribedModel<Vocoder> =>
  described(VOCODERS, entry, voice);
