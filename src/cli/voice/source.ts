// What a path holds: a voice folder, a voice package, somebody else's model, or a vocoder alone; or why it is none of them.
import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { JsonReader } from '../../checkpoints/json-reader.js';
import { isPyTorch } from '../../checkpoints/pytorch.js';
import { shown, VoirsError } from '../../errors.js';
import {
  loadVoiceFiles,
  readVocoderCheckpoint,
  type VocoderCheckpoint,
  type VoiceFiles,
} from '../../voices/files.js';
import { PACKAGE_FOLDER } from '../../voices/packages.js';
import { readText } from '../../voices/read-file.js';

/** A model that reads text. */
export interface VoiceSource {
  kind: 'voirs-voice' | 'voice-package' | 'huggingface' | 'piper' | 'espnet';
  /** The folder or file that `weights` takes. */
  path: string;
  files: VoiceFiles;
}

/** A HiFi-GAN alone: mel in, samples out. */
export interface VocoderOnly {
  kind: 'vocoder';
  /** The weights. */
  path: string;
  /** Whose configuration it came with. */
  form: 'jik876' | 'huggingface';
  checkpoint: VocoderCheckpoint;
}

export type Source = VoiceSource | VocoderOnly;

const HUGGING_FACE_VOCODERS = ['speecht5_hifigan', 'hifigan', 'fastspeech2_conformer_hifigan'];
const WEIGHTS = /\.(pth|pt|bin|ckpt|safetensors)$|^(g|generator)_[\w.]+$/i;

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/**
 * Opens what a path names.
 * @param config of a HiFi-GAN; default: config.json beside it, or a JSON file of its name.
 * @throws VoirsError INVALID_WEIGHTS for what is no model, or not one that voirs reads, with what it is instead.
 */
export async function openSource(path: string, config?: string): Promise<Source> {
  if (!isFolder(path) && !isFile(path)) {
    throw new VoirsError('INVALID_WEIGHTS', `${basename(path)} cannot be read`, {
      got: 'no such file or folder',
      wanted: 'a model, or a folder that holds one',
      suggestion: 'Check the path.',
    });
  }
  return isFolder(path) ? openFolder(path, config) : openFile(path, config);
}

async function openFolder(path: string, config: string | undefined): Promise<Source> {
  if (isFile(join(path, 'model.json'))) return voice('voirs-voice', path);
  const inner = join(path, PACKAGE_FOLDER);
  if (isFile(join(inner, 'model.json'))) return voice('voice-package', inner);
  if (isFile(join(path, 'config.yaml'))) return openFile(onlyOf(path, /\.(pth|pt)$/i), config);
  const json = config ?? join(path, 'config.json');
  if (isFile(json)) {
    const form = await vocoderForm(json);
    if (form === undefined) return voice('huggingface', path);
    const named = ['model.safetensors', 'pytorch_model.bin'].find((name) => isFile(join(path, name)));
    return vocoder(named === undefined ? onlyOf(path, WEIGHTS) : join(path, named), json, form);
  }
  return openFile(onlyOf(path, /\.onnx$/i), config);
}

/** The one file of a folder whose name fits. @throws VoirsError INVALID_WEIGHTS. */
function onlyOf(folder: string, pattern: RegExp): string {
  const found = readdirSync(folder).filter((name) => pattern.test(name) && isFile(join(folder, name)));
  if (found.length === 1) return join(folder, found[0]!);
  throw new VoirsError('INVALID_WEIGHTS', `${basename(folder)} is not a model that voirs knows`, {
    got: found.length === 0 ? 'a folder without one' : found.slice(0, 8).join(', '),
    wanted:
      'model.json (voirs), config.json with weights (Hugging Face, jik876), config.yaml with a .pth (ESPnet), or one .onnx (Piper)',
    suggestion: found.length === 0 ? 'Check the path.' : 'Name the file that is meant.',
  });
}

async function openFile(path: string, config: string | undefined): Promise<Source> {
  if (/\.onnx$/i.test(path)) return voice('piper', path);
  if (/\.onnx\.json$/i.test(path)) return voice('piper', path.replace(/\.json$/i, ''));
  if (basename(path) === 'model.json' || (basename(path) === 'config.json' && isFile(path)))
    return openFolder(dirname(path), config);
  refuseOtherFiles(path);
  const named = `${path.slice(0, path.length - extname(path).length)}.json`;
  const beside = [config, named, join(dirname(path), 'config.json')];
  const json = beside.find((one) => one !== undefined && isFile(one));
  if (config === undefined && isFile(join(dirname(path), 'config.yaml'))) return voice('espnet', path);
  if (json === undefined && isFile(path)) {
    throw new VoirsError('INVALID_WEIGHTS', `${basename(path)} needs its configuration`, {
      got: 'the file alone',
      wanted: 'config.json (HiFi-GAN) or config.yaml (ESPnet) beside it',
      suggestion: 'Put it there, or name it with --config.',
    });
  }
  return vocoder(path, json ?? join(dirname(path), 'config.json'), 'jik876');
}

/** @throws VoirsError INVALID_WEIGHTS for a file that is neither PyTorch's nor safetensors, with how it begins. */
function refuseOtherFiles(path: string): void {
  const start = Buffer.alloc(9);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, start.length, 0);
  } finally {
    closeSync(file);
  }
  if (isPyTorch(start) || start[8] === 0x7b) return;
  throw new VoirsError('INVALID_WEIGHTS', `${basename(path)} is not a model that voirs knows`, {
    got: `a file that begins ${[...start].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')}`,
    wanted: 'a PyTorch checkpoint, safetensors, or an .onnx of Piper',
    suggestion: 'Name the weights, or the folder that holds them.',
  });
}

async function voice(kind: VoiceSource['kind'], path: string): Promise<VoiceSource> {
  return { kind, path, files: await loadVoiceFiles(path) };
}

async function vocoder(path: string, config: string, form: VocoderOnly['form']): Promise<VocoderOnly> {
  const stated = (await vocoderForm(config)) ?? form;
  const checkpoint = await readVocoderCheckpoint(path, config);
  if (
    checkpoint.tensors.size > 0 &&
    ![...checkpoint.tensors.keys()].some((name) => /^conv_pre\./.test(name))
  ) {
    throw new VoirsError('INVALID_WEIGHTS', `${basename(path)} is not a model that voirs knows`, {
      got: `${checkpoint.tensors.size} tensors such as ${shown([...checkpoint.tensors.keys()].slice(0, 4))}`,
      wanted: 'a HiFi-GAN generator (conv_pre, ups, resblocks, conv_post)',
      suggestion: 'A discriminator or an optimiser is no voice; docs/models.md lists what is read.',
    });
  }
  return { kind: 'vocoder', path, form: stated, checkpoint };
}

/** Whether a config.json is of a vocoder alone, and whose. @throws VoirsError INVALID_WEIGHTS for what is no JSON. */
async function vocoderForm(path: string): Promise<VocoderOnly['form'] | undefined> {
  const root = JsonReader.parse(await readText(path), basename(path));
  const type = root.field('model_type');
  if (type.isAbsent) return root.field('upsample_rates').isAbsent ? undefined : 'jik876';
  return HUGGING_FACE_VOCODERS.includes(type.string()) ? 'huggingface' : undefined;
}
