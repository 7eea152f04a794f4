// Golden files that PyTorch made, for tests and benches: where they lie, how they are read, and how a
// generator is held to one. Where a checkout has no shared/ beside it, a line that begins with SKIP says so, and where a
// stranger gets what is missing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend } from '../../src/backends/backend.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { type Float32Tensor, type HostTensor, toFloat32, toInt32 } from '../../src/checkpoints/tensor.js';
import { missingShared, repositoryRoot, sharedPath } from './cache.js';
import { generatorFrom, vocodeWhole } from './engine.js';

export { maxAbs } from '../../src/voices/golden.js';

/** The shared folder beside the checkout, or VOIRS_SHARED. */
export const SHARED = sharedPath();

/** A file below shared/, or undefined, with a line on stdout, where it is missing. */
export function sharedFile(path: string): string | undefined {
  const file = sharedPath(path);
  if (existsSync(file)) return file;
  console.log(`SKIP: ${missingShared(path)}`);
  return undefined;
}

/** A file of test/fixtures. */
export const fixture = (name: string): string => join(repositoryRoot, 'test', 'fixtures', name);

/** A golden file's tensors by name. */
export class Golden {
  private readonly tensors: ReadonlyMap<string, HostTensor>;

  constructor(path: string) {
    this.tensors = readSafetensors(readFileSync(path)).tensors;
  }

  private tensor(name: string): HostTensor {
    const found = this.tensors.get(name);
    if (!found) throw new Error(`golden has no ${name}: ${[...this.tensors.keys()]}`);
    return found;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  floats(name: string): Float32Array {
    return toFloat32(this.tensor(name));
  }

  ints(name: string): Int32Array {
    return toInt32(this.tensor(name));
  }

  shape(name: string): number[] {
    return this.tensor(name).shape;
  }
}

/** [rows, columns] -> [columns, rows]; goldens of plain vocoders keep mel as [bands, T]. */
export function transposed({ shape, data }: Float32Tensor): Float32Array {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}

/** A generator's checkpoint, its config, and its golden: mel [bands, T] and audio [S]. */
export interface GeneratorGolden {
  name: string;
  model: string;
  config: string;
  golden: string;
}

/** A tiny plain HiFi-GAN of the fixtures: `v1`, `v2`, `v3`, or `odd`, with other factors. */
export type TinyGenerator = 'v1' | 'v2' | 'v3' | 'odd';

export const TINY_GENERATORS: readonly TinyGenerator[] = ['v1', 'v2', 'v3', 'odd'];

export function tinyGolden(name: TinyGenerator): GeneratorGolden {
  return {
    name: `hifigan ${name} tiny`,
    model: fixture(`hifigan-${name}-tiny.pth`),
    config: fixture(`hifigan-${name}-tiny.json`),
    golden: fixture(`hifigan-${name}-tiny.golden.safetensors`),
  };
}

/** The published HiFi-GAN V2 of LJ Speech, full size; undefined where shared/ lacks it. */
export function fullSizeGolden(): GeneratorGolden | undefined {
  const model = sharedFile('checkpoints/hifigan-lj-v2/generator_v2');
  const config = sharedFile('checkpoints/hifigan-lj-v2/config.json');
  const golden = sharedFile('fixtures/hifigan-lj-v2.golden.safetensors');
  return model && config && golden ? { name: 'hifigan LJ V2', model, config, golden } : undefined;
}

/** Voice sets with goldens: a transformer decoder and a convolutional one. */
export const VOICE_SETS = ['arctic', 'aspen'] as const;
export type VoiceSet = (typeof VOICE_SETS)[number];

/** Sentences of each with a golden of every stage. */
export const GOLDEN_SENTENCES: readonly string[] = ['short', 'hello', 'question', 'paragraph'];

/** The golden file of a sentence; undefined where shared/ lacks it. */
export function sentenceGolden(set: VoiceSet, sentence: string): string | undefined {
  return sharedFile(`voices/${set}/golden/${sentence}.safetensors`);
}

/** The public golden of a shipped voice, of its weights as they ship. */
export const publicGolden = (set: VoiceSet): string =>
  join(repositoryRoot, 'weights', set, 'golden', 'hello.safetensors');

/** Loads a generator, runs it on its golden's mel, and disposes it. @returns PyTorch's samples and ours. */
export async function runGolden(
  backend: Backend,
  { model, config, golden: file }: GeneratorGolden,
): Promise<{ wanted: Float32Array; got: Float32Array }> {
  const generator = await generatorFrom(backend, model, config);
  const golden = new Golden(file);
  const mel = transposed({ shape: golden.shape('mel'), data: golden.floats('mel') });
  const got = await vocodeWhole(generator, mel);
  generator.dispose();
  return { wanted: golden.floats('audio'), got };
}
