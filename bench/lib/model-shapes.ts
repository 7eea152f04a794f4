// The shapes of every convolution of our voice and of HiFi-GAN's three sizes, as the models themselves
// request them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FastSpeech } from '../../src/acoustic/fastspeech2.js';
import type { Backend } from '../../src/backends/backend.js';
import type { Conv1dSpec, Layer, Ops } from '../../src/backends/ops.js';
import type { Float32Tensor } from '../../src/checkpoints/tensor.js';
import { Generator } from '../../src/vocoder/hifigan.js';
import { type HifiganConfig, parseHifiganConfig } from '../../src/vocoder/hifigan-config.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';
import { loadVoiceFiles, validateAcoustic, vocoderExpectations } from '../../src/voices/files.js';
import { repositoryRoot } from './cache.js';
import { type ShapeClass, shapeKey } from './kernel-shapes.js';

/** A backend that prepares nothing and records every convolution. */
function recorder(found: Conv1dSpec[]): Backend {
  const layer = { bytes: 0, dispose() {} };
  const ops: Partial<Ops> = {
    prepareConv1d: (spec) => {
      found.push(spec);
      return layer as unknown as Layer<'conv1d'>;
    },
    prepareUpsample1d: () => layer as unknown as Layer<'upsample1d'>,
    prepareLinear: () => layer as unknown as Layer<'linear'>,
    prepareAttention: () => layer as unknown as Layer<'attention'>,
    prepareLayerNorm: () => layer as unknown as Layer<'layer-norm'>,
  };
  return { run: (graph: (ops: Ops) => unknown) => graph(ops as Ops) } as unknown as Backend;
}

/** A generator's convolutions; only the shapes of the tensors are used. */
function vocoderConvolutions(config: HifiganConfig): Conv1dSpec[] {
  const found: Conv1dSpec[] = [];
  const tensors = new Map<string, Float32Tensor>();
  for (const [name, shape] of vocoderExpectations(config)) {
    tensors.set(name, { shape: shape.map(Number), data: new Float32Array(0) });
  }
  Generator.load(recorder(found), config, tensors);
  return found;
}

/** Classes of all models, those with the fewest channels first. */
export async function modelShapes(): Promise<ShapeClass[]> {
  const found: Conv1dSpec[] = [];
  for (const size of ['v1', 'v2', 'v3']) {
    const file = join(repositoryRoot, 'bench', 'rivals', 'onnx', 'configs', `hifigan-${size}.json`);
    found.push(...vocoderConvolutions(parseHifiganConfig(readFileSync(file, 'utf8'))));
  }
  const files = await loadVoiceFiles(defaultVoiceFolder());
  const { acoustic, vocoders } = files.manifest;
  for (const config of vocoders.values()) found.push(...vocoderConvolutions(config));
  const { tensors } = await files.tensors(acoustic);
  FastSpeech.load(recorder(found), acoustic, validateAcoustic(files.manifest, tensors));
  const classes = new Map<string, ShapeClass>();
  for (const { inChannels, outChannels, kernel, stride = 1, dilation = 1 } of found) {
    if (stride !== 1 || outChannels < 8) continue;
    const key = shapeKey({ inChannels, outChannels, kernel });
    const isResidual = inChannels === outChannels && inChannels <= 128;
    const rows = isResidual ? Math.min(16_384, 2 ** 18 / inChannels) : 512;
    const known = classes.get(key) ?? { inChannels, outChannels, kernel, dilations: [], rows };
    if (!known.dilations.includes(dilation)) known.dilations.push(dilation);
    classes.set(key, known);
  }
  for (const { dilations } of classes.values()) dilations.sort((a, b) => a - b);
  const size = ({ inChannels, outChannels, kernel }: ShapeClass) => inChannels * outChannels * 100 + kernel;
  return [...classes.values()].sort((a, b) => size(a) - size(b));
}
