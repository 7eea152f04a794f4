// If this fails, weights that do not fit their description are played as noise instead of refused by name.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import { acquireBackend, type BackendHold } from '../../src/backends/registry.js';
import { readPyTorch } from '../../src/checkpoints/pytorch.js';
import { floatTensor, type HostTensor } from '../../src/checkpoints/tensor.js';
import { loadGenerator } from '../../src/vocoder/hifigan.js';
import type { HifiganConfig } from '../../src/vocoder/hifigan-config.js';
import { loadVoiceFiles, readVocoderCheckpoint, type VoiceFiles } from '../../src/voices/files.js';
import { parseVoiceManifest } from '../../src/voices/manifest.js';
import { throwsVoirs } from '../checkpoints/expect-error.js';

const test = suite('layers of a checkpoint');
const arctic = fileURLToPath(new URL('../../weights/arctic', import.meta.url));
let hold: BackendHold;
let files: VoiceFiles;
test.before(async () => {
  hold = await acquireBackend('cpu', { numThreads: 1 });
  files = await loadVoiceFiles(arctic);
});
test.after(() => hold.release());

const TINY = ['v1', 'v2', 'v3', 'odd'];

for (const name of TINY) {
  test(`loads a PyTorch generator with its own config only: ${name}`, async () => {
    const path = fixture(`hifigan-${name}-tiny.pth`);
    for (const other of TINY) {
      const { config, tensors, source } = await readVocoderCheckpoint(
        path,
        fixture(`hifigan-${other}-tiny.json`),
      );
      const load = () => loadGenerator(hold.backend, config, tensors, source).dispose();
      if (other === name) load();
      else throwsVoirs(load, /-tiny\.pth does not fit its config/);
    }
  });
}

/** The tensors of the smallest fixture, to be spoilt one at a time. */
async function generator(): Promise<{
  config: HifiganConfig;
  tensors: Map<string, HostTensor>;
}> {
  const { config } = await readVocoderCheckpoint(
    fixture('hifigan-odd-tiny.pth'),
    fixture('hifigan-odd-tiny.json'),
  );
  return { config, tensors: readPyTorch(readFileSync(fixture('hifigan-odd-tiny.pth'))).tensors };
}

test('lists missing, misshapen, unknown and infinite tensors by name', async () => {
  const { config, tensors } = await generator();
  const spoilt = (change: (copy: Map<string, HostTensor>) => void): (() => unknown) => {
    const copy = new Map(tensors);
    change(copy);
    return () => loadGenerator(hold.backend, config, copy, 'generator.pth').dispose();
  };
  throwsVoirs(
    spoilt((copy) => copy.delete('ups.1.bias')),
    /^generator\.pth does not fit .*got no ups\.1\.bias;/,
  );
  throwsVoirs(
    spoilt((copy) => copy.delete('ups.1.weight_g')),
    /Half of ups\.1\.weight is missing/,
  );
  const flat = floatTensor(new Float32Array(6), [6]);
  throwsVoirs(
    spoilt((copy) => copy.set('ups.1.bias', flat)),
    /got ups\.1\.bias \[6\]; wanted ups\.1\.bias \[8\]/,
  );
  throwsVoirs(
    spoilt((copy) => copy.set('extra', flat)),
    /unknown extra/,
  );
  throwsVoirs(
    spoilt((copy) => copy.set('source_convs.0.bias', flat)),
    /"source": true/,
  );
  const infinite = floatTensor(new Float32Array(8).fill(1, 0, 7).fill(Infinity, 7), [8]);
  throwsVoirs(
    spoilt((copy) => copy.set('ups.1.bias', infinite)),
    /got Infinity at ups\.1\.bias\[7\]/,
  );
  const nan = floatTensor(new Float32Array(8).fill(NaN, 0, 1), [8]);
  throwsVoirs(
    spoilt((copy) => copy.set('ups.1.bias', nan)),
    /got NaN at ups\.1\.bias\[0\]/,
  );
});

test('refuses an acoustic model that misses a layer or has other tokens', async () => {
  const { tensors } = await files.tensors(files.manifest.acoustic);
  const described = (change: (manifest: never) => void) => {
    const json = JSON.parse(readFileSync(join(arctic, 'model.json'), 'utf8'));
    change(json as never);
    const { model } = parseVoiceManifest(JSON.stringify(json)).acoustic;
    return (given: ReadonlyMap<string, HostTensor> = tensors) =>
      model.load(hold.backend, given, 'acoustic.safetensors').dispose();
  };
  const without = new Map(tensors);
  without.delete('decoder.3.attn.out.bias');
  throwsVoirs(() => described(() => {})(without), /got no decoder\.3\.attn\.out\.bias/);
  throwsVoirs(
    described(({ tokens }: { tokens: string[] }) => tokens.push('extra')),
    /embed\.weight \[79, 192\]; wanted embed\.weight \[80, 192\]/,
  );
  throwsVoirs(
    described(({ speakers }: { speakers: { index: number }[] }) => {
      speakers[0]!.index = 3;
    }),
    /speaker\.weight \[>= 4, 192\]/,
  );
});

test('frees the layers that were made when a later one fails', async () => {
  const { config, tensors } = await generator();
  const before = engineCounts().tensors;
  const infinite = floatTensor(new Float32Array(1).fill(Infinity), [1]);
  const spoilt = new Map(tensors).set('conv_post.bias', infinite);
  throwsVoirs(() => loadGenerator(hold.backend, config, spoilt), /got Infinity at conv_post\.bias\[0\]/);
  assert.is(engineCounts().tensors, before);
});

test('declares every convolution of a model without loading it', async () => {
  const { convolutions, tensors } = files.manifest.acoustic.model.declaration();
  assert.ok(
    convolutions.some(
      ({ inChannels, outChannels, kernel }) => inChannels === 192 && outChannels === 768 && kernel === 5,
    ),
  );
  assert.equal(tensors.get('mel.weight'), [81, 192]);
});

test.run();
