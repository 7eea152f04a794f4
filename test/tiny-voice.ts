// A voice set of a few kilobytes with random weights: what it says is noise, but every stage runs, in milliseconds.
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeSafetensors } from '../src/checkpoints/safetensors.js';
import type { HostTensor } from '../src/checkpoints/tensor.js';
import type { Declaration } from '../src/models/layers.js';
import { defaultVoiceFolder } from '../src/voices/catalog.js';
import { parseVoiceManifest } from '../src/voices/manifest.js';
import { random } from './random.js';

const CHANNELS = 16;

interface Entry {
  file: string;
  bytes: number;
  sha256: string;
}

type Json = Record<string, unknown>;

/** The default set's manifest with models of the same types that are as small as they can be. */
function smallManifest(): Json & { acoustic: Json & Entry; vocoders: Record<string, Json & Entry> } {
  const manifest = JSON.parse(readFileSync(join(defaultVoiceFolder(), 'model.json'), 'utf8'));
  Object.assign(manifest.acoustic, {
    ...{ channels: CHANNELS, heads: 2, ffnChannels: CHANNELS, ffnKernel: 3, encoderLayers: 1 },
    ...{ predictorChannels: 8, predictorKernel: 3, maxTrainedTokens: 60 },
    decoder: { channels: CHANNELS, kernel: 3, dilations: [1, 2], contextFrames: 3 },
  });
  Object.assign(manifest.vocoders.v2, {
    ...{ upsampleInitialChannel: 32, resblockKernelSizes: [3], resblockDilationSizes: [[1, 3]] },
  });
  for (const weights of Object.values(manifest.loudness as Record<string, { hidden: number[] }>))
    weights.hidden = weights.hidden.slice(0, CHANNELS);
  return manifest;
}

/** Random weights of the declared shapes; tokens last some four frames. */
function weightsOf({ tensors }: Declaration, seed: number): Uint8Array {
  const made = new Map<string, HostTensor>();
  let n = seed;
  for (const [name, extents] of tensors) {
    const shape = extents.map((one) => (one === 'odd' ? 3 : typeof one === 'object' ? one.atLeast : one));
    const size = shape.reduce((all, one) => all * one, 1);
    const fanIn = Math.max(1, size / shape[0]!);
    const data = random(size, ++n).map((x) => x / Math.sqrt(fanIn));
    if (/norm\d*\.weight$|_scale$/.test(name)) data.fill(1);
    if (/^duration.*out\.bias$/.test(name)) data.fill(Math.log(5));
    made.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(data.buffer) });
  }
  return writeSafetensors(made);
}

/** Writes the set to a folder of its own; `remove` deletes it. */
export function tinyVoice(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-tiny-'));
  const manifest = smallManifest();
  const parsed = parseVoiceManifest(JSON.stringify(manifest));
  const put = (entry: Entry, declaration: Declaration, seed: number): void => {
    const bytes = weightsOf(declaration, seed);
    Object.assign(entry, {
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
    });
    writeFileSync(join(folder, entry.file), bytes);
  };
  put(manifest.acoustic, parsed.acoustic.model.declaration(), 1);
  put(manifest.vocoders.v2!, parsed.vocoders.get('v2')!.model.declaration(), 100);
  writeFileSync(join(folder, 'model.json'), JSON.stringify(manifest));
  for (const name of ['pronunciations.tsv', 'lexicon_extra.txt'])
    copyFileSync(join(defaultVoiceFolder(), name), join(folder, name));
  return { folder, remove: () => rmSync(folder, { recursive: true }) };
}
