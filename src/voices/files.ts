// Weights reach the engine through here only: sized, hashed and described, or refused with the reason.

import { isPyTorch, readPyTorch } from '../checkpoints/pytorch.js';
import {
  openSafetensors,
  type ReadPart,
  readSafetensors,
  type TensorFile,
} from '../checkpoints/safetensors.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import { VoirsError } from '../errors.js';
import { FileFailure, type OpenFile } from '../host/contract.js';
import { host } from '../host/host.js';
import { type HifiganCheckpoint, hifiganCheckpoint } from '../vocoder/hifigan-checkpoint.js';
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

/**
 * Opens a voice folder: reads and checks its model.json, nothing else yet.
 * @param onBytes is told of bytes of weights as they are read; it must not throw.
 */
export async function loadVoiceFiles(folder: string, onBytes?: (bytes: number) => void): Promise<VoiceFiles> {
  const json = await readChecked(within(folder, MANIFEST), MAX_JSON_BYTES);
  const manifest = parseVoiceManifest(new TextDecoder().decode(json), `${nameOf(folder)}/${MANIFEST}`);
  return {
    folder,
    manifest,
    tensors: (entry) => readVerified(folder, entry, onBytes),
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
export interface VocoderCheckpoint extends HifiganCheckpoint {
  /** Name of the file, for messages. */
  source: string;
}

/** Names of the weights in a folder as Hugging Face saves a model, the first that is there. */
export const HUGGING_FACE_WEIGHTS = ['model.safetensors', 'pytorch_model.bin'] as const;

/**
 * Reads a HiFi-GAN generator: jik876's with its config.json, or a Hugging Face model (SpeechT5HifiGan,
 * FastSpeech2ConformerHifiGan); safetensors or PyTorch (zip or the older stream, told apart by their first bytes).
 * Whether the two fit each other is found when the generator is loaded.
 * @param path the weights, or a folder with config.json and the weights.
 * @param configPath default: config.json in the folder.
 */
export async function readVocoderCheckpoint(path: string, configPath?: string): Promise<VocoderCheckpoint> {
  const json = await readText(configPath ?? within(path, 'config.json'));
  const weights = configPath === undefined ? await weightsWithin(path) : path;
  const source = nameOf(weights);
  const tensors = readWeights(await readChecked(weights, MAX_WEIGHTS_BYTES), source);
  return { ...hifiganCheckpoint(json, tensors, nameOf(configPath ?? 'config.json')), source };
}

/** The location of the weights in a folder as Hugging Face saves it. @throws VoirsError INVALID_WEIGHTS. */
export async function weightsWithin(folder: string): Promise<string> {
  for (const name of HUGGING_FACE_WEIGHTS) {
    const location = within(folder, name);
    try {
      await host.files.open(location);
      return location;
    } catch (cause) {
      if (!(cause instanceof FileFailure && cause.kind === 'missing')) throw explain(cause, name);
    }
  }
  throw new VoirsError('INVALID_WEIGHTS', `${nameOf(folder)} holds no weights`, {
    got: 'config.json alone',
    wanted: HUGGING_FACE_WEIGHTS.join(' or '),
    suggestion: 'Fetch the weights too; a model in several files must be saved as one.',
  });
}

/** A text file, decoded. */
export async function readText(location: string): Promise<string> {
  return new TextDecoder().decode(await readChecked(location, MAX_JSON_BYTES));
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

async function readVerified(
  folder: string,
  entry: FileEntry,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<TensorFile> {
  const source = `${nameOf(folder)}/${entry.file}`;
  return opened(within(folder, entry.file), MAX_WEIGHTS_BYTES, entry.bytes, async (file, name) => {
    const { readPart } = file;
    if (file.bytes === undefined || !readPart) {
      const bytes = await file.read(onBytes);
      checkSize(bytes.length, name, MAX_WEIGHTS_BYTES, entry.bytes);
      await checkDigest([bytes], entry, source);
      return readSafetensors(bytes, { source });
    }
    await checkDigest(partsOf(file.bytes, readPart, onBytes), entry, source);
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

function* partsOf(
  size: number,
  readPart: ReadPart,
  onBytes: ((bytes: number) => void) | undefined,
): Generator<Uint8Array<ArrayBuffer>> {
  const part = new Uint8Array(Math.min(size, HASHED_BYTES));
  for (let at = 0; at < size; at += part.length) {
    const some = part.subarray(0, size - at);
    readPart(at, some);
    onBytes?.(some.length);
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
