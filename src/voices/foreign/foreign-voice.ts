// Somebody else's model as a voice: the model.json that it would have in a voice folder of ours, and its tensors under
// the names that our models ask for. What speaks it, and what writes it to a folder, read the same.
import type { JsonReader } from '../../checkpoints/json-reader.js';
import type { HostTensor } from '../../checkpoints/tensor.js';

/** Tensors by the names of our models. */
export type Tensors = ReadonlyMap<string, HostTensor>;

/** A model of another framework, read and renamed, but not loaded. */
export interface ForeignVoice {
  /** The manifest as an object: files, sizes and digests are stated when it is written. */
  model: Readonly<Record<string, unknown>>;
  acoustic: Tensors;
  vocoder: Tensors;
  /** Names that the manifest has for the files of both. */
  files: { acoustic: string; vocoder: string };
  /** Text files that a voice folder would have beside them (pronunciations.tsv). */
  texts?: Readonly<Record<string, string>>;
  /** What was assumed or left out, a sentence each. */
  notes: readonly string[];
}

/** Files of a voice as its manifest names them; their size and digest are those of no file. */
export const FILES = { acoustic: 'acoustic.safetensors', vocoder: 'vocoder.safetensors' } as const;
export const NO_FILE = { bytes: 10, sha256: '0'.repeat(64) } as const;

/** One vocoder at every tier. */
export const ONE_QUALITY = { medium: 'own' } as const;

/** A name as a speaker's id: letters, digits and dashes. */
export function speakerId(name: string): string {
  const id = name
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase();
  return id === '' ? 'voice' : id;
}

/** Speakers in the order of the embedding, whose names are known or else numbers. */
export function speakersOf(
  count: number,
  { name, language, names }: { name: string; language: string; names?: ReadonlyMap<number, string> },
): Record<string, unknown>[] {
  const taken = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const known = names?.get(index);
    let id = count === 1 ? speakerId(name) : speakerId(known ?? `${name}-${index}`);
    while (taken.has(id)) id = `${id}-${index}`;
    taken.add(id);
    const license = 'as its publisher states';
    return { id, index, name: known ?? id, language, gender: 'unknown', license };
  });
}

/** A field that has to have one of our values, by its name in the other's file. @throws VoirsError INVALID_WEIGHTS. */
export function mustBe(root: JsonReader, name: string, value: string | boolean | number): void {
  const field = root.field(name);
  if (field.isAbsent) return;
  const matches =
    typeof value === 'boolean'
      ? field.boolean() === value
      : typeof value === 'number'
        ? field.number() === value
        : field.string() === value;
  if (!matches) throw field.invalid(`${JSON.stringify(value)}: nothing else is supported`);
}
