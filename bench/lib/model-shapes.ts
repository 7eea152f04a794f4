// The shapes of every convolution of our voice and of HiFi-GAN's three sizes, as the models themselves
// request them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeclaredConvolution } from '../../src/models/layers.js';
import { generatorDeclaration } from '../../src/vocoder/hifigan.js';
import { parseHifiganConfig } from '../../src/vocoder/hifigan-config.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { repositoryRoot } from './cache.js';
import { type ShapeClass, shapeKey } from './kernel-shapes.js';

/** Classes of all models, those with the fewest channels first. */
export async function modelShapes(): Promise<ShapeClass[]> {
  const found: DeclaredConvolution[] = [];
  for (const size of ['v1', 'v2', 'v3']) {
    const file = join(repositoryRoot, 'bench', 'rivals', 'onnx', 'configs', `hifigan-${size}.json`);
    found.push(...generatorDeclaration(parseHifiganConfig(readFileSync(file, 'utf8'))).convolutions);
  }
  const { manifest } = await loadVoiceFiles(defaultVoiceFolder());
  for (const { model } of [manifest.acoustic, ...manifest.vocoders.values()])
    found.push(...model.declaration().convolutions);
  const classes = new Map<string, ShapeClass>();
  for (const { inChannels, outChannels, kernel, stride, dilation } of found) {
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
