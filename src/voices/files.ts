// Weights reach the engine through here only: sized, hashed and described, or refused with the reason.

import { printed } from '../checkpoints/invalid.js';
import { LazyTensor } from '../checkpoints/lazy-tensor.js';
import { isPyTorch, readPyTorch } from '../checkpoints/pytorch.js';
import {
  openSafetensors,
  type ReadPart,
  readSafetensors,
  type TensorFile,
} from '../checkpoints/safetensors.js';
import type { Float32Tensor, HostTensor } from '../checkpoints/tensor.js';
import { foldedName, foldWeightNorm } from '../checkpoints/weight-norm.js';
import { VoirsError } from '../errors.js';
import { FileFailure, type OpenFile } from '../host/contract.js';
import { host } from '../host/host.js';
import {
  type HifiganConfig,
  parseHifiganConfig,
  sourceStrides,
  stageChannels,
} from '../vocoder/hifigan-config.js';
import { type FileEntry, parseVoiceManifest, type VoiceManifest } from './manifest.js';

const MANIFEST = 'model.json';
const MAX_JSON_BYTES = 16 * 2 ** 20;
const MAX_WEIGHTS_BYTES = 2 ** 31 - 1; // what Node reads at once

const { within, nameOf } = host.files;

/** What to do about a file that is not the one it should be. */
const AGAIN =
  host.name === 'browser'
    ? 'see that the server gives the file whole and unchanged'
    : 'install the voice again';

/** A voice folder, on disk or on a server. */
export interface VoiceFiles {
  readonly folder: string;
  readonly manifest: VoiceManifest;
  /**
   * A weights file of the manifest after checking its size and sha256; INVALID_WEIGHTS otherwise. Where files can be read
   * in parts, tensors are read when their values are asked for, and refused when the file has changed by then.
   */
  tensors(entry: FileEntry): Promise<TensorFile>;
  /** A text file beside the manifest (pronunciations.tsv), or undefined where the voice has none. */
  text(name: string): Promise<string | undefined>;
}

/** Opens a voice folder: reads and checks its model.json, nothing else yet. */
export async function loadVoiceFiles(folder: string): Promise<VoiceFiles> {
  const json = await readChecked(within(folder, MANIFEST), MAX_JSON_BYTES);
  const manifest = parseVoiceManifest(new TextDecoder().decode(json), `${nameOf(folder)}/${MANIFEST}`);
  return {
    folder,
    manifest,
    tensors: (entry) => readVerified(folder, entry),
    text: async (name) => {
      try {
        return new TextDecoder().decode(await readChecked(within(folder, nameOf(name)), MAX_JSON_BYTES));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
}

/** A HiFi-GAN checkpoint, ready for the generator. */
export interface VocoderCheckpoint {
  config: HifiganConfig;
  tensors: Map<string, Float32Tensor>;
}

/**
 * Reads a HiFi-GAN generator with its upstream config.json: safetensors or PyTorch (zip or the older stream, told
 * apart by their first bytes), weight-norm folded. Throws INVALID_WEIGHTS where file and config do not fit each other.
 */
export async function readVocoderCheckpoint(path: string, configPath: string): Promise<VocoderCheckpoint> {
  const json = await readChecked(configPath, MAX_JSON_BYTES);
  const config = parseHifiganConfig(new TextDecoder().decode(json), nameOf(configPath));
  const tensors = readWeights(await readChecked(path, MAX_WEIGHTS_BYTES), nameOf(path));
  return { config, tensors: validateVocoder(config, tensors, nameOf(path)) };
}

function readWeights(bytes: Uint8Array, source: string): ReadonlyMap<string, HostTensor> {
  if (isPyTorch(bytes)) return readPyTorch(bytes, { source }).tensors;
  if (bytes[8] === 0x7b) return readSafetensors(bytes, { source }).tensors;
  const start = [...bytes.subarray(0, 9)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new VoirsError('INVALID_WEIGHTS', `${source} is not a weights file`, {
    got: start === '' ? 'an empty file' : `a file that begins ${start}`,
    wanted: 'safetensors or a PyTorch checkpoint',
    suggestion: 'Pass the file that the training run saved.',
  });
}

/** Bytes that a digest is made from at a time. */
const HASHED_BYTES = 2 ** 18;

async function readVerified(folder: string, entry: FileEntry): Promise<TensorFile> {
  const source = `${nameOf(folder)}/${entry.file}`;
  return opened(within(folder, entry.file), MAX_WEIGHTS_BYTES, entry.bytes, async (file, name) => {
    const { readPart } = file;
    if (file.bytes === undefined || !readPart) {
      const bytes = await file.read();
      checkSize(bytes.length, name, MAX_WEIGHTS_BYTES, entry.bytes);
      await checkDigest([bytes], entry, source);
      return readSafetensors(bytes, { source });
    }
    await checkDigest(partsOf(file.bytes, readPart), entry, source);
    const explained: ReadPart = (position, into) => {
      try {
        readPart(position, into);
      } catch (cause) {
        throw explain(cause, name);
      }
    };
    return openSafetensors(file.bytes, explained, { source });
  });
}

function* partsOf(size: number, readPart: ReadPart): Generator<Uint8Array<ArrayBuffer>> {
  const part = new Uint8Array(Math.min(size, HASHED_BYTES));
  for (let at = 0; at < size; at += part.length) {
    const some = part.subarray(0, size - at);
    readPart(at, some);
    yield some;
  }
}

async function checkDigest(
  parts: Iterable<Uint8Array<ArrayBuffer>>,
  entry: FileEntry,
  source: string,
): Promise<void> {
  const digest = await host.sha256(parts);
  if (digest === undefined || digest === entry.sha256) return;
  throw new VoirsError('INVALID_WEIGHTS', `${source} is not the file its manifest describes`, {
    got: `sha256 ${digest}`,
    wanted: `sha256 ${entry.sha256}`,
    suggestion: `The file is damaged or was replaced: ${AGAIN}.`,
  });
}

function checkSize(bytes: number, name: string, limit: number, size?: number): void {
  if (bytes <= limit && (size === undefined || bytes === size)) return;
  throw new VoirsError('INVALID_WEIGHTS', `${name} has the wrong size`, {
    got: `${bytes} bytes`,
    wanted: size === undefined ? `at most ${limit} bytes` : `${size} bytes`,
    suggestion: `The file is incomplete or another one: ${AGAIN}.`,
  });
}

/** Opens a file, after checking its size where that is known before it is in memory, and says why where it fails. */
async function opened<T>(
  path: string,
  limit: number,
  size: number | undefined,
  use: (file: OpenFile, name: string) => Promise<T>,
): Promise<T> {
  const name = nameOf(path);
  try {
    const file = await host.files.open(path);
    if (file.bytes !== undefined) checkSize(file.bytes, name, limit, size);
    return await use(file, name);
  } catch (cause) {
    throw explain(cause, name);
  }
}

async function readChecked(path: string, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  return opened(path, limit, undefined, async (file, name) => {
    const bytes = await file.read();
    checkSize(bytes.length, name, limit);
    return bytes;
  });
}

const isMissing = (error: unknown): boolean =>
  error instanceof VoirsError && error.cause instanceof FileFailure && error.cause.kind === 'missing';

function explain(cause: unknown, name: string): unknown {
  if (!(cause instanceof FileFailure)) return cause;
  if (cause.kind === 'not-a-file') {
    return new VoirsError('INVALID_WEIGHTS', `${name} is not a file`, {
      got: cause.got,
      wanted: 'a file',
      suggestion: 'Check the path.',
      cause,
    });
  }
  const advice = {
    missing: 'Check the path, or install the voice again.',
    replaced: 'Load the voice again.',
    failed: 'Check the permissions.',
  };
  const code = cause.kind === 'failed' ? 'IO_ERROR' : 'INVALID_WEIGHTS';
  return new VoirsError(code, `${name} cannot be read`, {
    got: cause.got,
    wanted: 'a readable file',
    suggestion: cause.suggestion ?? advice[cause.kind],
    cause,
  });
}

// A checkpoint that does not fit its description must fail here, by name, not as noise in somebody's ear.

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
