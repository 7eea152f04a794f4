// Generators of the HiFi-GAN family as they are published: jik876's own, and Hugging Face's (SpeechT5HifiGan,
// FastSpeech2ConformerHifiGan), whose names differ and whose mel is normalised. What a config.json does not state is
// read from the shapes of the tensors, and told.
import { JsonReader } from '../checkpoints/json-reader.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import { type HifiganConfig, hifiganConfigOf } from './hifigan-config.js';

/** A generator with jik876's tensor names. */
export interface HifiganCheckpoint {
  config: HifiganConfig;
  tensors: ReadonlyMap<string, HostTensor>;
  /** What was not stated and taken from the tensors instead, a sentence each. */
  notes: readonly string[];
}

/** Names of a convolution's weight, folded or as the half of weight-norm that has its shape. */
const WEIGHTS = ['weight', 'weight_v', 'parametrizations.weight.original1'];
/** Dilations of the published generators by kind and number of convolutions in a block. */
const USUAL_DILATIONS: Readonly<Record<string, readonly number[]>> = { '1/3': [1, 3, 5], '2/2': [1, 3] };

/**
 * @param source name of the configuration, for messages.
 * @throws VoirsError INVALID_WEIGHTS with the path of a field that is wrong, or absent and not to be found.
 */
export function hifiganCheckpoint(
  json: string,
  stored: ReadonlyMap<string, HostTensor>,
  source?: string,
): HifiganCheckpoint {
  const root = JsonReader.parse(json, source ?? 'The HiFi-GAN config');
  return generatorOf(root, stored);
}

/** The same of a config.json that is parsed, or of a part of one. */
export function generatorOf(root: JsonReader, stored: ReadonlyMap<string, HostTensor>): HifiganCheckpoint {
  const tensors = new Map(
    [...stored].map(([name, tensor]) => [name.replace(/^upsampler\./, 'ups.'), tensor]),
  );
  const before = root.field('normalize_before');
  const isNormalised = tensors.has('mean') && (before.isAbsent || before.boolean());
  if (!isNormalised) for (const name of ['mean', 'scale']) tensors.delete(name);
  const { found, notes } = foundIn(root, tensors);
  const config = hifiganConfigOf(root.withDefaults(found));
  const slope = root.field('leaky_relu_slope');
  if (!slope.isAbsent) config.leakySlope = slope.number({ min: 0, max: 1 });
  if (isNormalised) config.isNormalised = true;
  return { config, tensors, notes };
}

/** The fields that a configuration lacks, as the tensors show them. */
function foundIn(
  root: JsonReader,
  tensors: ReadonlyMap<string, HostTensor>,
): { found: Record<string, unknown>; notes: string[] } {
  const shape = (prefix: string): number[] | undefined =>
    WEIGHTS.map((name) => tensors.get(`${prefix}.${name}`)?.shape).find((one) => one !== undefined);
  const count = (prefix: string): number => {
    let n = 0;
    while (shape(`${prefix}.${n}`)) n++;
    return n;
  };
  const found: Record<string, unknown> = {};
  const notes: string[] = [];
  const offer = (field: string, value: unknown, why: string): void => {
    if (!root.field(field).isAbsent || value === undefined) return;
    found[field] = value;
    notes.push(`The configuration states no ${field}: ${JSON.stringify(value)}, ${why}`);
  };
  const [channels, bands] = shape('conv_pre') ?? [];
  const stated = root.field('model_in_dim'); // Hugging Face's name for num_mels
  if (stated.isAbsent) offer('num_mels', bands, 'as conv_pre has');
  else found.num_mels = stated.integer({ min: 1, max: 65_536 });
  offer('upsample_initial_channel', channels, 'as conv_pre has');
  const stages = count('ups');
  if (stages === 0) return { found, notes };
  const kernels = Array.from({ length: stages }, (_, i) => shape(`ups.${i}`)![2] ?? 0);
  offer('upsample_kernel_sizes', kernels, 'as the upsampling convolutions have');
  const isUsual = kernels.every((kernel) => kernel > 0 && kernel % 2 === 0);
  offer('upsample_rates', isUsual ? kernels.map((k) => k / 2) : undefined, 'half the kernels');
  const kind = shape('resblocks.0.convs1.0') ? '1' : '2';
  // Hugging Face's configurations have no field for it.
  if (!stated.isAbsent && root.field('resblock').isAbsent) found.resblock = kind;
  else offer('resblock', kind, `as the blocks have ${kind === '1' ? 'pairs of' : 'single'} convolutions`);
  const convolutions = kind === '1' ? 'convs1' : 'convs';
  const blocks: number[] = [];
  for (;;) {
    const block = shape(`resblocks.${blocks.length}.${convolutions}.0`);
    if (!block) break;
    blocks.push(block[2] ?? 0);
  }
  const perStage = blocks.slice(0, Math.floor(blocks.length / stages));
  if (perStage.length === 0) return { found, notes };
  offer('resblock_kernel_sizes', perStage, 'as the residual blocks have');
  const dilations = USUAL_DILATIONS[`${kind}/${count(`resblocks.0.${convolutions}`)}`];
  offer('resblock_dilation_sizes', dilations && perStage.map(() => [...dilations]), 'the usual ones');
  return { found, notes };
}
