// A checkpoint that does not fit its description must fail here, by name, not as noise in somebody's ear.

import { VoirsError } from '../errors.js';
import { type HifiganConfig, sourceStrides, stageChannels } from './hifigan-config.js';
import type { Float32Tensor, HostTensor } from './host-tensor.js';
import { LazyTensor } from './lazy-tensor.js';
import type { VoiceManifest } from './manifest.js';
import { printed } from './printed.js';
import { foldedName, foldWeightNorm } from './weight-norm.js';

/** One dimension: exactly so large, at least so large, or any odd kernel width. */
type Extent = number | { atLeast: number } | 'odd';

type Expectations = Map<string, Extent[]>;

/** Names listed in one message before "and N more". */
const LISTED = 4;

/**
 * Checks that `tensors` are exactly those of the generator `config` describes (jik876's names, plus `source_convs`;
 * weight-norm halves count as their weight) and folds weight-norm. Values are converted to float32 when they are read.
 * Throws INVALID_WEIGHTS listing what is missing, misshapen or unknown; reading throws it for values that are not finite.
 */
export function validateVocoder(
  config: HifiganConfig,
  tensors: ReadonlyMap<string, HostTensor>,
  source = 'The vocoder',
): Map<string, Float32Tensor> {
  const expected = vocoderExpectations(config);
  const shapes = new Map<string, number[]>();
  for (const [name, { shape }] of tensors) {
    const target = foldedName(name);
    const isLength = name.endsWith('.weight_g') || name.endsWith('.original0');
    if (target === name || !isLength || !shapes.has(target)) shapes.set(target, shape);
  }
  checkShapes(expected, shapes, source);
  return foldWeightNorm(lazily(tensors, source));
}

/**
 * Checks that `tensors` are exactly those of the manifest's acoustic model; they are converted when they are read.
 * Throws INVALID_WEIGHTS like {@link validateVocoder}.
 */
export function validateAcoustic(
  manifest: VoiceManifest,
  tensors: ReadonlyMap<string, HostTensor>,
  source = 'The acoustic model',
): Map<string, Float32Tensor> {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  checkShapes(acousticExpectations(manifest), shapes, source);
  return lazily(tensors, source);
}

/** Names and shapes of all tensors of a generator. */
export function vocoderExpectations(config: HifiganConfig): Expectations {
  const expected: Expectations = new Map();
  const conv = (name: string, out: number, ...weight: number[]): void => {
    expected.set(`${name}.weight`, weight);
    expected.set(`${name}.bias`, [out]);
  };
  const first = config.upsampleInitialChannel;
  conv('conv_pre', first, first, config.bands, 7);
  const strides = sourceStrides(config);
  config.upsampleRates.forEach((_, stage) => {
    const before = stageChannels(config, stage - 1);
    const after = stageChannels(config, stage);
    // Transposed convolutions keep their weight as [in, out, k].
    conv(`ups.${stage}`, after, before, after, config.upsampleKernelSizes[stage]!);
    if (config.source) {
      const stride = strides[stage]!;
      conv(`source_convs.${stage}`, after, after, 2, stride === 1 ? 7 : 2 * stride);
    }
    config.resblockKernelSizes.forEach((kernel, block) => {
      const name = `resblocks.${stage * config.resblockKernelSizes.length + block}`;
      const lists = config.resblock === '1' ? ['convs1', 'convs2'] : ['convs'];
      config.resblockDilationSizes[block]!.forEach((_dilation, i) => {
        for (const list of lists) conv(`${name}.${list}.${i}`, after, after, after, kernel);
      });
    });
  });
  conv('conv_post', 1, 1, stageChannels(config, config.upsampleRates.length - 1), 7);
  return expected;
}

function acousticExpectations(manifest: VoiceManifest): Expectations {
  const { channels, ffnChannels, ffnKernel, predictorChannels, predictorKernel, ...layers } =
    manifest.acoustic;
  const expected: Expectations = new Map();
  const affine = (name: string, out: number, ...rest: Extent[]): void => {
    expected.set(`${name}.weight`, [out, ...rest]);
    expected.set(`${name}.bias`, [out]);
  };
  const speakers = 1 + Math.max(...manifest.speakers.map(({ index }) => index));
  expected.set('embed.weight', [manifest.tokens.length, channels]);
  expected.set('speaker.weight', [{ atLeast: speakers }, channels]);
  expected.set('enc_scale', [1]);
  expected.set('dec_scale', [1]);
  for (const [stack, count] of [
    ['encoder', layers.encoderLayers],
    ['decoder', layers.decoderLayers],
  ] as const) {
    for (let i = 0; i < count; i++) {
      const block = `${stack}.${i}`;
      for (const part of ['q', 'k', 'v', 'out']) affine(`${block}.attn.${part}`, channels, channels);
      affine(`${block}.norm1`, channels);
      affine(`${block}.conv1`, ffnChannels, channels, ffnKernel);
      affine(`${block}.conv2`, channels, ffnChannels, 1);
      affine(`${block}.norm2`, channels);
    }
  }
  for (const predictor of ['duration', 'pitch', 'energy']) {
    affine(`${predictor}.conv1`, predictorChannels, channels, predictorKernel);
    affine(`${predictor}.norm1`, predictorChannels);
    affine(`${predictor}.conv2`, predictorChannels, predictorChannels, predictorKernel);
    affine(`${predictor}.norm2`, predictorChannels);
    affine(`${predictor}.out`, 1, predictorChannels);
  }
  for (const embedding of ['pitch_embed', 'energy_embed']) affine(embedding, channels, 1, 'odd');
  affine('mel', manifest.mel.bands + 1, channels); // one more for the frame's log F0
  return expected;
}

function checkShapes(expected: Expectations, shapes: ReadonlyMap<string, number[]>, source: string): void {
  const missing = [...expected.keys()].filter((name) => !shapes.has(name));
  const unknown = [...shapes.keys()].filter((name) => !expected.has(name)).map(harmless);
  const misshapen: string[] = [];
  const wanted: string[] = [];
  for (const [name, extents] of expected) {
    const shape = shapes.get(name);
    if (shape === undefined || fits(shape, extents)) continue;
    misshapen.push(`${name} [${shape.join(', ')}]`);
    wanted.push(`${name} [${extents.map(printedExtent).join(', ')}]`);
  }
  if (missing.length + unknown.length + misshapen.length === 0) return;
  const got = [
    ...(missing.length > 0 ? [`no ${listed(missing)}`] : []),
    ...(misshapen.length > 0 ? [listed(misshapen)] : []),
    ...(unknown.length > 0 ? [`unknown ${listed(unknown)}`] : []),
  ];
  throw new VoirsError('INVALID_WEIGHTS', `${source} does not fit its configuration`, {
    got: got.join('; '),
    wanted: wanted.length > 0 ? listed(wanted) : `exactly the ${expected.size} tensors of the configuration`,
    suggestion: unknown.some((name) => name.startsWith('source_convs.'))
      ? 'This generator is source-driven: state "source": true in its configuration.'
      : 'Use the configuration file that belongs to this checkpoint.',
  });
}

function fits(shape: number[], extents: Extent[]): boolean {
  return (
    shape.length === extents.length &&
    extents.every((extent, i) => {
      if (extent === 'odd') return shape[i]! % 2 === 1;
      return typeof extent === 'number' ? shape[i] === extent : shape[i]! >= extent.atLeast;
    })
  );
}

function printedExtent(extent: Extent): string {
  if (typeof extent === 'object') return `>= ${extent.atLeast}`;
  return `${extent}`;
}

/** A name from the file as a message may show it: short and without control characters. */
function harmless(name: string): string {
  return printed(name).slice(1, -1);
}

function listed(names: string[]): string {
  const shown = names.slice(0, LISTED).join(', ');
  return names.length > LISTED ? `${shown} and ${names.length - LISTED} more` : shown;
}

/** Converted when asked for, and refused then if a value is not finite. */
function lazily(tensors: ReadonlyMap<string, HostTensor>, source: string): Map<string, Float32Tensor> {
  return new Map([...tensors].map(([name, tensor]) => [name, new LazyTensor(name, tensor, source)]));
}
