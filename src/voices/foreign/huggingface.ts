// A folder as Hugging Face saves a model: config.json says what it is, vocab.json and tokenizer_config.json what it reads.
import { JsonReader } from '../../checkpoints/json-reader.js';
import { VoirsError } from '../../errors.js';
import { generatorOf, hifiganCheckpoint } from '../../vocoder/hifigan-checkpoint.js';
import { conformerFromHuggingFace } from './conformer-huggingface.js';
import type { ForeignVoice, Tensors } from './foreign-voice.js';
import type { Inventory } from './inventories.js';
import { below } from './rename.js';
import { vitsFromHuggingFace } from './vits-huggingface.js';

/** Files of a folder, read; undefined where there is none of that name. */
export interface HuggingFaceFiles {
  name: string;
  config: string;
  vocabulary: string | undefined;
  tokenizer: string | undefined;
  tensors: Tensors;
  /** The vocoder in the folder `vocoder` of it. */
  vocoder?: { config: string; tensors: Tensors } | undefined;
}

/** The voice in a folder. @throws VoirsError INVALID_WEIGHTS naming the file and the field that is wrong. */
export function readHuggingFace(files: HuggingFaceFiles): ForeignVoice {
  const root = JsonReader.parse(files.config, `${files.name}/config.json`);
  const type = root.field('model_type');
  switch (type.isAbsent ? '' : type.string()) {
    case 'vits':
      return vitsFromHuggingFace(root, files.tensors, inventoryOf(files), files.name);
    case 'fastspeech2_conformer':
      return conformerFromHuggingFace(root, files.tensors, {
        name: files.name,
        inventory: phonesOf(files),
        vocoder:
          files.vocoder &&
          hifiganCheckpoint(files.vocoder.config, files.vocoder.tensors, 'vocoder/config.json'),
      });
    case 'fastspeech2_conformer_with_hifigan':
      return conformerFromHuggingFace(root.field('model_config'), below(files.tensors, 'model.'), {
        name: files.name,
        inventory: phonesOf(files),
        vocoder: generatorOf(root.field('vocoder_config'), below(files.tensors, 'vocoder.')),
      });
    case 'speecht5_hifigan':
    case 'hifigan':
      throw new VoirsError('INVALID_WEIGHTS', `${files.name} is a vocoder alone`, {
        got: `model_type ${type.string()}`,
        wanted: 'a model that reads text',
        suggestion:
          'Run it with voirs vocode --model, or put it into the folder vocoder of a FastSpeech2Conformer.',
      });
    default:
      throw type.invalid('"vits", "fastspeech2_conformer" or "fastspeech2_conformer_with_hifigan"');
  }
}

/** The phones of FastSpeech2ConformerTokenizer: CMUdict's, without boundaries, and one symbol at the end. */
function phonesOf({ name, vocabulary, tokenizer }: HuggingFaceFiles): Inventory | undefined {
  if (vocabulary === undefined) return undefined;
  const ids = idsOf(JsonReader.parse(vocabulary, `${name}/vocab.json`));
  const root = JsonReader.parse(tokenizer ?? '{}', `${name}/tokenizer_config.json`);
  const stripped = root.field('should_strip_spaces');
  if (!stripped.isAbsent && stripped.boolean()) ids.delete(' ');
  return { kind: 'arpabet', ids, language: 'en-US', begin: [], end: ids.get('<sos/eos>') ?? [] };
}

/** What the model reads, by its tokenizer. */
function inventoryOf({ name, vocabulary, tokenizer }: HuggingFaceFiles): Inventory | undefined {
  if (vocabulary === undefined) return undefined;
  const ids = idsOf(JsonReader.parse(vocabulary, `${name}/vocab.json`));
  const root = JsonReader.parse(tokenizer ?? '{}', `${name}/tokenizer_config.json`);
  const flag = (field: string, otherwise: boolean): boolean =>
    root.field(field).isAbsent ? otherwise : root.field(field).boolean();
  if (flag('is_uroman', false)) throw root.field('is_uroman').invalid('false: uroman is not part of voirs');
  const hasBlanks = flag('add_blank', true);
  const stated = root.field('language');
  const language = stated.isAbsent ? 'en-US' : stated.string();
  return {
    kind: flag('phonemize', true) ? 'ipa' : 'characters',
    ids,
    language: language === 'eng' ? 'en-US' : language,
    ...(hasBlanks ? { blank: 0 } : {}),
    begin: hasBlanks ? [0] : [],
    end: [],
  };
}

/** Ids by symbol. @throws VoirsError INVALID_WEIGHTS. */
export function idsOf(vocabulary: JsonReader): Map<string, readonly number[]> {
  return new Map(
    vocabulary.entries().map(([symbol, id]) => [symbol, [id.integer({ min: 0, max: 65_535 })]] as const),
  );
}
