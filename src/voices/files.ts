// Weights reach the engine through here only: sized, hashed and described, or refused with the reason.

import { VoirsError } from '../errors.js';
import { FileFailure } from '../host/contract.js';
import { host } from '../host/host.js';
import { validateVocoder } from './expected-tensors.js';
import { type HifiganConfig, parseHifiganConfig } from './hifigan-config.js';
import type { Float32Tensor, HostTensor } from './host-tensor.js';
import { type FileEntry, parseVoiceManifest, type VoiceManifest } from './manifest.js';
import { isPyTorch, readPyTorch } from './pytorch.js';
import { readSafetensors, type TensorFile } from './safetensors.js';

const MANIFEST = 'model.json';
const MAX_JSON_BYTES = 16 * 2 ** 20;
const MAX_WEIGHTS_BYTES = 2 ** 31 - 1; // what Node reads at once

const { within, nameOf } = host.files;

/** A voice folder, on disk or on a server. */
export interface VoiceFiles {
  readonly folder: string;
  readonly manifest: VoiceManifest;
  /** Reads a weights file of the manifest after checking its size and sha256; INVALID_WEIGHTS otherwise. */
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
      const bytes = await readChecked(within(folder, nameOf(name)), MAX_JSON_BYTES, 'missing is fine');
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
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

async function readVerified(folder: string, entry: FileEntry): Promise<TensorFile> {
  const source = `${nameOf(folder)}/${entry.file}`;
  const bytes = await readChecked(within(folder, entry.file), MAX_WEIGHTS_BYTES, 'must exist', entry.bytes);
  const digest = await host.sha256(bytes);
  if (digest !== undefined && digest !== entry.sha256) {
    throw new VoirsError('INVALID_WEIGHTS', `${source} is not the file its manifest describes`, {
      got: `sha256 ${digest}`,
      wanted: `sha256 ${entry.sha256}`,
      suggestion: 'The file is damaged or was replaced: install the voice again.',
    });
  }
  return readSafetensors(bytes, { source });
}

type Presence = 'must exist' | 'missing is fine';

async function readChecked(
  path: string,
  limit: number,
  presence?: 'must exist',
  size?: number,
): Promise<Uint8Array<ArrayBuffer>>;
async function readChecked(
  path: string,
  limit: number,
  presence: Presence,
): Promise<Uint8Array<ArrayBuffer> | undefined>;
async function readChecked(
  path: string,
  limit: number,
  presence: Presence = 'must exist',
  size?: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const name = nameOf(path);
  const checkSize = (bytes: number): void => {
    if (bytes <= limit && (size === undefined || bytes === size)) return;
    throw new VoirsError('INVALID_WEIGHTS', `${name} has the wrong size`, {
      got: `${bytes} bytes`,
      wanted: size === undefined ? `at most ${limit} bytes` : `${size} bytes`,
      suggestion: 'The file is incomplete or another one: install the voice again.',
    });
  };
  try {
    const file = await host.files.open(path);
    if (file.bytes !== undefined) checkSize(file.bytes); // before it is in memory
    const bytes = await file.read();
    checkSize(bytes.length);
    return bytes;
  } catch (cause) {
    if (!(cause instanceof FileFailure)) throw cause;
    if (cause.kind === 'missing' && presence === 'missing is fine') return undefined;
    const advice = {
      missing: 'Check the path, or install the voice again.',
      failed: 'Check the permissions.',
    };
    if (cause.kind === 'not-a-file') {
      throw new VoirsError('INVALID_WEIGHTS', `${name} is not a file`, {
        got: cause.got,
        wanted: 'a file',
        suggestion: 'Check the path.',
      });
    }
    throw new VoirsError(
      cause.kind === 'missing' ? 'INVALID_WEIGHTS' : 'IO_ERROR',
      `${name} cannot be read`,
      {
        got: cause.got,
        wanted: 'a readable file',
        suggestion: cause.suggestion ?? advice[cause.kind],
        cause,
      },
    );
  }
}
