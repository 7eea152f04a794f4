// The readers of other people's voices: loaded when a voice is not one of ours, so that a page that speaks with ours does
// not fetch them.
import type { HostTensor } from '../../checkpoints/tensor.js';
import { isEspnet, readEspnet } from './espnet.js';
import type { ForeignVoice, Tensors } from './foreign-voice.js';
import { type HuggingFaceFiles, readHuggingFace } from './huggingface.js';
import { readPiper } from './piper.js';
import { readWeights } from './weights.js';

/** A folder as Hugging Face saves a model. @throws VoirsError INVALID_WEIGHTS. */
export const voiceFromHuggingFace = (files: HuggingFaceFiles): ForeignVoice => readHuggingFace(files);

/** An ONNX file of Piper's, its .onnx.json and its name. @throws VoirsError INVALID_WEIGHTS. */
export const voiceFromPiper = (onnx: Uint8Array, json: string, name: string): ForeignVoice =>
  readPiper(onnx, json, name);

/** Whether a checkpoint is ESPnet's of a model that reads text. */
export const isFromEspnet = (tensors: Tensors): boolean => isEspnet(tensors);

/** ESPnet's FastSpeech 2, its config.yaml and its name. @throws VoirsError INVALID_WEIGHTS. */
export const voiceFromEspnet = (tensors: Tensors, yaml: string, name: string): ForeignVoice =>
  readEspnet(tensors, yaml, name);

/** A checkpoint's tensors: safetensors or PyTorch, told by its first bytes. @throws VoirsError INVALID_WEIGHTS. */
export const tensorsOf = (bytes: Uint8Array, source: string): ReadonlyMap<string, HostTensor> =>
  readWeights(bytes, source);
