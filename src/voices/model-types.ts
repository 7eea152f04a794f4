// The architectures that a manifest may name; a new one is a line here (CONTRIBUTING.md, "Adding a model").
import { fastspeech2 } from '../acoustic/fastspeech2.js';
import { fastspeech2Conv } from '../acoustic/fastspeech2-conv.js';
import type { JsonReader } from '../checkpoints/json-reader.js';
import type { AcousticModel, ModelDescription, ModelType, Vocoder, VoiceShape } from '../models/model.js';
import { SymbolMap, SymbolModel } from '../models/symbols.js';
import { hifigan } from '../vocoder/hifigan.js';

const ACOUSTIC: ModelType<AcousticModel>[] = [fastspeech2, fastspeech2Conv];
const VOCODERS: readonly ModelType<Vocoder>[] = [hifigan];

/** Types of acoustic/others.ts, which is loaded where a manifest names one of them. */
const LATER = /"type"\s*:\s*"(?:vits|fastspeech2-conformer)"/;

/** Loads what a manifest needs besides; call it before the manifest is parsed. */
export async function loadModelTypes(json: string): Promise<void> {
  if (!LATER.test(json)) return;
  const { OTHER_ACOUSTIC_MODELS } = await import('../acoustic/others.js');
  for (const one of OTHER_ACOUSTIC_MODELS) if (!ACOUSTIC.includes(one)) ACOUSTIC.push(one);
}

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
export function describeAcoustic(
  entry: JsonReader,
  voice: VoiceShape,
  tokens: readonly string[],
): DescribedModel<AcousticModel> {
  const { type, model } = described(ACOUSTIC, entry, voice);
  const symbols = entry.field('symbols');
  if (symbols.isAbsent) return { type, model };
  const map = SymbolMap.read(symbols, tokens);
  return { type, model: { ...model, load: (...given) => new SymbolModel(model.load(...given), map) } };
}

/** @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
export const describeVocoder = (entry: JsonReader, voice: VoiceShape): DescribedModel<Vocoder> =>
  described(VOCODERS, entry, voice);
