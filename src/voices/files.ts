// Weights reach the engine through here only: sized, hashed and described, or refused with the reason.

import {
  openSafetensors,
  type ReadPart,
  readSafetensors,
  type TensorFile,
} from '../checkpoints/safetensors.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import { shown, VoirsError } from '../errors.js';
import type { FileFailure, OpenFile } from '../host/contract.js';
import { host } from '../host/host.js';
import { type HifiganCheckpoint, hifiganCheckpoint } from '../vocoder/hifigan-checkpoint.js';
import type { ForeignVoice } from './foreign/foreign-voice.js';
import { type FileEntry, parseVoiceManifest, type VoiceManifest } from './manifest.js';
import { loadModelTypes } from './model-types.js';
import {
  AGAIN,
  checkSize,
  explain,
  isMissing,
  MAX_WEIGHTS_BYTES,
  opened,
  readChecked,
  readText,
  textWithin,
  weightsWithin,
} from './read-file.js';

const MANIFEST = 'model.json';
/** Where a Hugging Face model of mel has its vocoder. */
const VOCODER_FOLDER = 'vocoder';

const { within, nameOf } = host.files;

/** A voice folder, on disk or on a server. */
export interface VoiceFiles {
  readonly folder: string;
  readonly manifest: VoiceManifest;
  /** The manifest as it is written: that of a model of another framework states no sizes and digests yet. */
  readonly json: string;
  /**
   * A weights file of the manifest after checking its size and sha256; INVALID_WEIGHTS otherwise. Where files can be read
   * in parts, tensors are read when their values are asked for, and refused when the file has changed by then.
   */
  tensors(entry: FileEntry): Promise<TensorFile>;
  /** A text file beside the manifest (pronunciations.tsv), or undefined where the voice has none. */
  text(name: string): Promise<string | undefined>;
  /** What was assumed or left out of a model of another framework, a sentence each. */
  readonly notes?: readonly string[];
}

/**
 * Opens a voice: a folder with model.json, whose weights are not read yet; a folder from Hugging Face with config.json;
 * an ONNX file of Piper's with its .onnx.json beside it, or ESPnet's .pth with its config.yaml, which are read whole.
 * @param onBytes is told of bytes of weights as they are read; it must not throw.
 */
export async function loadVoiceFiles(folder: string, onBytes?: (bytes: number) => void): Promise<VoiceFiles> {
  if (/\.onnx$/i.test(folder)) {
    const [onnx, config] = [await readChecked(folder, MAX_WEIGHTS_BYTES), await readText(`${folder}.json`)];
    onBytes?.(onnx.length);
    const { voiceFromPiper } = await import('./foreign/others.js');
    return foreignFiles(folder, voiceFromPiper(onnx, config, nameOf(folder)));
  }
  if (/\.(pth|pt)$/i.test(folder)) return loadEspnet(folder, onBytes);
  const json = await readManifest(folder);
  if (json === undefined) return loadHuggingFace(folder, onBytes);
  await loadModelTypes(json);
  const manifest = parseVoiceManifest(json, `${nameOf(folder)}/${MANIFEST}`);
  return {
    folder,
    manifest,
    json,
    tensors: (entry) => readVerified(folder, entry, onBytes),
    text: (name) => textWithin(folder, name),
  };
}

/** A model of another framework as a voice: nothing on disk has a digest to be held to. */
async function foreignFiles(folder: string, voice: ForeignVoice): Promise<VoiceFiles> {
  const json = JSON.stringify(voice.model);
  await loadModelTypes(json);
  return {
    folder,
    manifest: parseVoiceManifest(json, nameOf(folder)),
    json,
    notes: voice.notes,
    tensors: async (entry) => ({
      tensors: new Map(entry.file === voice.files.acoustic ? voice.acoustic : voice.vocoder),
      metadata: {},
    }),
    text: async (name) => voice.texts?.[name],
  };
}

async function loadEspnet(path: string, onBytes?: (bytes: number) => void): Promise<VoiceFiles> {
  const { isFromEspnet, tensorsOf, voiceFromEspnet } = await import('./foreign/others.js');
  const bytes = await readChecked(path, MAX_WEIGHTS_BYTES);
  onBytes?.(bytes.length);
  const tensors = tensorsOf(bytes, nameOf(path));
  if (!isFromEspnet(tensors)) {
    throw new VoirsError('INVALID_WEIGHTS', `${nameOf(path)} is no model that reads text`, {
      got: tensors.has('conv_pre.bias') ? 'a HiFi-GAN generator' : `${tensors.size} tensors of another model`,
      wanted: "a voice folder, Hugging Face's, Piper's .onnx, or ESPnet's FastSpeech 2",
      suggestion:
        'Run a generator with voirs vocode --model, or make a voice of it with voirs voice convert.',
    });
  }
  const yaml = await readText(within(path.replace(/[^/\\]*$/, '.'), 'config.yaml'));
  return foreignFiles(path, voiceFromEspnet(tensors, yaml, nameOf(path)));
}

async function loadHuggingFace(folder: string, onBytes?: (bytes: number) => void): Promise<VoiceFiles> {
  const { tensorsOf, voiceFromHuggingFace } = await import('./foreign/others.js');
  const read = async (
    where: string,
  ): Promise<{ config: string; tensors: ReadonlyMap<string, HostTensor> }> => {
    const config = await readText(within(where, 'config.json'));
    const weights = await weightsWithin(where);
    const bytes = await readChecked(weights, MAX_WEIGHTS_BYTES);
    onBytes?.(bytes.length);
    return { config, tensors: tensorsOf(bytes, nameOf(weights)) };
  };
  const inner = within(folder, VOCODER_FOLDER);
  const [own, vocabulary, tokenizer, hasVocoder] = await Promise.all([
    read(folder),
    textWithin(folder, 'vocab.json'),
    textWithin(folder, 'tokenizer_config.json'),
    textWithin(inner, 'config.json'),
  ]);
  const vocoder = hasVocoder === undefined ? undefined : await read(inner);
  const files = { name: nameOf(folder), ...own, vocabulary, tokenizer, vocoder };
  return foreignFiles(folder, voiceFromHuggingFace(files));
}

/** model.json; undefined where the folder has a config.json instead. */
async function readManifest(folder: string): Promise<string | undefined> {
  try {
    return await readText(within(folder, MANIFEST));
  } catch (error) {
    if (!isMissing(error)) throw error;
    const isForeign = await host.files.open(within(folder, 'config.json')).then(
      () => true,
      () => false,
    );
    if (isForeign) return undefined;
    const failure = (error as VoirsError).cause as FileFailure; // a page's says which address, and what to set
    throw new VoirsError('INVALID_WEIGHTS', `${MANIFEST} cannot be read`, {
      got: failure.suggestion ? failure.got : `no such file in ${shown(nameOf(folder))}`,
      wanted: `a folder with ${MANIFEST} (a voice set) or config.json (Hugging Face), or a Piper voice's .onnx`,
      suggestion: failure.suggestion ?? 'Check the path, or install the voice again.',
      cause: failure,
    });
  }
}

/** A HiFi-GAN checkpoint, ready for the generator. */
export interface VocoderCheckpoint extends HifiganCheckpoint {
  /** Name of the file, for messages. */
  source: string;
  /** Its config.json. */
  json: string;
}

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
  const { tensorsOf } = await import('./foreign/others.js');
  const tensors = tensorsOf(await readChecked(weights, MAX_WEIGHTS_BYTES), source);
  return { ...hifiganCheckpoint(json, tensors, nameOf(configPath ?? 'config.json')), source, json };
}

/** Bytes that a digest is made from at a time. */
const HASHED_BYTES = 2 ** 18;

async function readVerified(
  folder: string,
  entry: FileEntry,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<TensorFile> {
  const source = `${nameOf(folder)}/${entry.file}`;
  const use = async (file: OpenFile, name: string): Promise<TensorFile> => {
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
  };
  return opened(within(folder, entry.file), MAX_WEIGHTS_BYTES, entry.bytes, use, entry.sha256);
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
