// The architectures that a manifest may name; a new one is a line here (CONTRIBUTING.md, "Adding a model").
import { fastspeech2 } from '../acoustic/fastspeech2.js';
import { fastspeech2Conv } from '../acoustic/fastspeech2-conv.js';
import type { JsonReader } from '../checkpoints/json-reader.js';
import { shown, VoirsError } from '../errors.js';
import type { AcousticModel, ModelDescription, ModelType, Vocoder, VoiceShape } from '../models/model.js';
import { SymbolMap, SymbolModel } from '../models/symbols.js';
import { hifigan } from '../vocoder/hifigan.js';

const ACOUSTIC: ModelType<AcousticModel>[] = [fastspeech2, fastspeech2Conv];
const VOCODERS: ModelType<Vocoder>[] = [hifigan];

/** The two kinds of models. */
export type ModelKind = 'acoustic' | 'vocoder';

/** Types of acoustic/others.ts, which is loaded where a manifest names one of them. */
const LATER_TYPES = ['vits', 'fastspeech2-conformer'];
const LATER = new RegExp(`"type"\\s*:\\s*"(?:${LATER_TYPES.join('|')})"`);

/** Adds an architecture that is none of ours. @throws VoirsError INVALID_OPTIONS when its name is taken. */
export function addModelType(kind: ModelKind, added: ModelType<AcousticModel & Vocoder>): void {
  const types: ModelType<AcousticModel | Vocoder>[] = kind === 'acoustic' ? ACOUSTIC : VOCODERS;
  const taken = [...types.map(({ type }) => type), ...(kind === 'acoustic' ? LATER_TYPES : [])];
  if (taken.includes(added.type)) {
    throw new VoirsError('INVALID_OPTIONS', 'A model of that type is already registered', {
      got: shown(added.type),
      wanted: `another name than ${[...new Set(taken)].join(', ')}`,
      suggestion: 'Register a type once, in the module that defines it',
    });
  }
  types.push(added);
}

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
  later: readonly string[] = [],
): DescribedModel<Model> {
  const field = entry.field('type');
  const type = field.string();
  const found = types.find((one) => one.type === type);
  if (found) return { type, model: found.read(entry, voice) };
  const names = new Set([...types.map((one) => one.type), ...later]);
  throw field.invalid(
    [...names].map((name) => JSON.stringify(name)).join(' or '),
    'Correct that field, or import the module that registers this type (registerModel) before the voice is loaded.',
  );
}

/** @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
export function describeAcoustic(
  entry: JsonReader,
  voice: VoiceShape,
  tokens: readonly string[],
): DescribedModel<AcousticModel> {
  const { type, model } = described(ACOUSTIC, entry, voice, LATER_TYPES);
  const symbols = entry.field('symbols');
  if (symbols.isAbsent) return { type, model };
  const map = SymbolMap.read(symbols, tokens);
  return { type, model: { ...model, load: (...given) => new SymbolModel(model.load(...given), map) } };
}

/** @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
export const describeVocoder = (entry: JsonReader, voice: VoiceShape): DescribedModel<Vocoder> =>
  described(VOCODERS, entry, voice);
