// If this fails, ESPnet's FastSpeech 2 makes other mel than the code that it was trained by, or what differs in more than its
// names is spoken wrongly instead of refused.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fixture } from '../../bench/lib/goldens.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { readSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor, type HostTensor } from '../../src/checkpoints/tensor.js';
import { isEspnet, readEspnet } from '../../src/voices/foreign/espnet.js';
import { goldenDifferences } from '../../src/voices/golden.js';
import { parseVoiceManifest } from '../../src/voices/manifest.js';
import { loadModelTypes } from '../../src/voices/model-types.js';
import { failsOnlyAsVoirs, throwsVoirs } from '../checkpoints/expect-error.js';

const test = suite("ESPnet's FastSpeech 2");
const FOLDER = fixture('conformer-hifigan-tiny');
const stored = readSafetensors(readFileSync(join(FOLDER, 'model.safetensors')), { isForeign: true }).tensors;

/** transformers' names -> ESPnet's, as transformers' own conversion script pairs them. */
const NAMES: [RegExp, string][] = [
  [/^speech_decoder_postnet\.layers\.(\d+)\.conv\./, 'postnet.postnet.$1.0.'],
  [/^speech_decoder_postnet\.layers\.(\d+)\.batch_norm\./, 'postnet.postnet.$1.1.'],
  [/^speech_decoder_postnet\.feat_out\./, 'feat_out.'],
  [/^encoder\.embed\./, 'encoder.embed.0.'],
  [/_predictor\.conv_layers\.(\d+)\.conv\./, '_predictor.conv.$1.0.'],
  [/_predictor\.conv_layers\.(\d+)\.layer_norm\./, '_predictor.conv.$1.2.'],
  [/_embed\.conv\./, '_embed.0.'],
  [/\.conformer_layers\./, '.encoders.'],
  [/\.final_layer_norm\./, '.norm_final.'],
  [/\.self_attn_layer_norm\./, '.norm_mha.'],
  [/\.ff_macaron_layer_norm\./, '.norm_ff_macaron.'],
  [/\.ff_layer_norm\./, '.norm_ff.'],
  [/\.conv_layer_norm\./, '.norm_conv.'],
  [/\.(feed_forward\w*)\.conv([12])\./, '.$1.w_$2.'],
];
const VOCODER: [RegExp, string][] = [
  [/^conv_pre\./, 'input_conv.'],
  [/^conv_post\./, 'output_conv.1.'],
  [/^upsampler\.(\d+)\./, 'upsamples.$1.1.'],
  [/^resblocks\.(\d+)\.(convs[12])\.(\d+)\./, 'blocks.$1.$2.$3.1.'],
];
const renamed = (name: string, by: [RegExp, string][]): string =>
  by.reduce((all, [pattern, to]) => all.replace(pattern, to), name);

/** The checkpoint as ESPnet saves it: jointly trained with its vocoder, or without. */
function checkpoint(isJoint: boolean): Map<string, HostTensor> {
  const prefix = isJoint ? 'tts.generator.text2mel.' : 'tts.';
  const made = new Map<string, HostTensor>([['normalize.mean', floatTensor(new Float32Array(4), [4])]]);
  for (const [name, tensor] of stored) {
    if (name.startsWith('model.')) made.set(prefix + renamed(name.slice(6), NAMES), tensor);
    else if (isJoint && !/\.(mean|scale)$/.test(name))
      made.set(`tts.generator.vocoder.${renamed(name.slice(8), VOCODER)}`, tensor);
  }
  return made;
}

const vocabulary = JSON.parse(readFileSync(join(FOLDER, 'vocab.json'), 'utf8')) as Record<string, number>;
const symbols = Object.entries(vocabulary).sort(([, a], [, b]) => a - b);
const yaml = (changes: Record<string, string> = {}): string => {
  const settings = {
    ...{ encoder_type: 'conformer', decoder_type: 'conformer', conformer_rel_pos_type: 'latest' },
    ...{ conformer_activation_type: 'swish', reduction_factor: '1', fs: '22050' },
    ...changes,
  };
  return [
    'config: conf/train.yaml',
    'token_list:',
    ...symbols.map(
      ([symbol]) => `- ${/^[\w<>/]+$/.test(symbol) ? symbol : `'${symbol.replaceAll("'", "''")}'`}`,
    ),
    'g2p: g2p_en_no_space',
    'tts_conf:',
    ...Object.entries(settings).map(([name, value]) => `    ${name}: ${value}   # as trained`),
  ].join('\n');
};

for (const isJoint of [true, false]) {
  test(`equals the original code, ${isJoint ? 'trained with its vocoder' : 'alone'}`, async () => {
    const tensors = checkpoint(isJoint);
    assert.ok(isEspnet(tensors));
    const voice = readEspnet(tensors, yaml(), 'train.loss.ave_5best.pth');
    const json = JSON.stringify(voice.model);
    await loadModelTypes(json);
    const manifest = parseVoiceManifest(json);
    assert.equal(manifest.tokens.includes('HH'), true);
    assert.equal([...manifest.vocoders.keys()], isJoint ? ['own'] : []);
    const hold = await acquireBackend('wasm', { numThreads: 1 });
    const acoustic = manifest.acoustic.model.load(hold.backend, voice.acoustic, 'x');
    const vocoder = manifest.vocoders.get('own')?.model.load(hold.backend, voice.vocoder, 'x');
    const golden = readSafetensors(readFileSync(join(FOLDER, 'golden.safetensors'))).tensors;
    golden.delete('audio'); // made with a vocoder that normalises its mel, which ESPnet's does not
    const stages = await goldenDifferences({ acoustic, vocoder }, manifest, golden);
    assert.equal(
      stages.map(({ stage }) => stage),
      ['durations', 'pitch', 'energy', 'frames'],
    );
    for (const { stage, difference } of stages) assert.ok(difference <= 1e-4, `${stage}: ${difference}`);
    acoustic.dispose();
    vocoder?.dispose();
    await hold.release();
  });
}

test('refuses by name what differs in more than its names', () => {
  const refuses = (changes: Record<string, string>, pattern: RegExp) =>
    throwsVoirs(() => readEspnet(checkpoint(false), yaml(changes), 'x.pth'), pattern);
  refuses({ conformer_rel_pos_type: 'legacy' }, /conformer_rel_pos_type is not supported; got "legacy"/);
  refuses({ encoder_type: 'transformer' }, /encoder_type is not supported; got "transformer"/);
  refuses({ use_gst: 'true' }, /use_gst is not supported/);
  const tensors = checkpoint(false).set(
    'tts.encoder.after_norm.weight',
    floatTensor(new Float32Array(16), [16]),
  );
  throwsVoirs(
    () => readEspnet(tensors, yaml(), 'x.pth'),
    /has norms after its stacks; got encoder\.after_norm/,
  );
  const without = yaml().replace('token_list:', 'tokens:');
  throwsVoirs(() => readEspnet(checkpoint(false), without, 'x.pth'), /token_list is wrong; got nothing/);
});

test('gives a voice or a typed error for any settings, symbols and shapes', () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 });
  const size = fc.constantFrom(0, 1, 3, 16, 2 ** 40);
  const names = [...checkpoint(true).keys()];
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('fs', 'sampling_rate', 'reduction_factor', 'g2p', 'use_gst'), text),
      fc.array(text, { maxLength: 4 }),
      fc.array(fc.tuple(fc.constantFrom(...names), fc.array(size, { maxLength: 3 })), { maxLength: 4 }),
      (settings, lines, shapes) => {
        const tensors = checkpoint(true);
        for (const [name, shape] of shapes)
          tensors.set(name, { dtype: 'F32', shape, bytes: new Uint8Array(0) });
        return failsOnlyAsVoirs(() => readEspnet(tensors, `${yaml(settings)}\n${lines.join('\n')}`, 'x.pth'));
      },
    ),
    {
      numRuns: 40,
      examples: [
        [{}, [], [['tts.generator.text2mel.decoder.encoders.1.self_attn.linear_pos.weight', [2 ** 40]]]],
      ],
    },
  );
});

test.run();
