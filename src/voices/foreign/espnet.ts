// ESPnet2's FastSpeech 2 with Conformer blocks (a .pth with its config.yaml), alone or trained jointly with a HiFi-GAN: what
// transformers' FastSpeech2Conformer was ported from, so that only names differ. Sizes are read from the tensors. What
// differs in more than its names (transformer stacks, older relative positions, norms after a stack) is refused by name.
import { JsonReader } from '../../checkpoints/json-reader.js';
import type { HostTensor } from '../../checkpoints/tensor.js';
import { shown, VoirsError } from '../../errors.js';
import { generatorOf, type HifiganCheckpoint } from '../../vocoder/hifigan-checkpoint.js';
import { conformerFromHuggingFace } from './conformer-huggingface.js';
import type { ForeignVoice, Tensors } from './foreign-voice.js';
import { below, type Renaming, renamed, reshaped } from './rename.js';

/** Where the acoustic model's tensors are: in a model of text to wave, or alone. */
const TEXT2MEL = ['tts.generator.text2mel.', 'tts.'] as const;
const VOCODER = 'tts.generator.vocoder.';
const MOST_TOKENS = 65_536;

/** Parts of a model of text to wave that only training needs, and statistics of other front ends. */
const ACOUSTIC: readonly Renaming[] = [
  [/^(discriminator|generator)\..*/, undefined],
  [/^postnet\.postnet\.(\d+)\.0\./, 'speech_decoder_postnet.layers.$1.conv.'],
  [/^postnet\.postnet\.(\d+)\.1\./, 'speech_decoder_postnet.layers.$1.batch_norm.'],
  [/^feat_out\./, 'speech_decoder_postnet.feat_out.'],
  [/^encoder\.embed\.0\./, 'encoder.embed.'],
  [/^(duration|pitch|energy)_predictor\.conv\.(\d+)\.0\./, '$1_predictor.conv_layers.$2.conv.'],
  [/^(duration|pitch|energy)_predictor\.conv\.(\d+)\.2\./, '$1_predictor.conv_layers.$2.layer_norm.'],
  [/^(pitch|energy)_embed\.0\./, '$1_embed.conv.'],
  [/^sid_emb\./, 'speaker_id_embedding.'],
  [/^lid_emb\./, 'language_id_embedding.'],
  [/^(encoder|decoder)\.encoders\.(\d+)\.norm_final\./, '$1.conformer_layers.$2.final_layer_norm.'],
  [/^(encoder|decoder)\.encoders\.(\d+)\.norm_mha\./, '$1.conformer_layers.$2.self_attn_layer_norm.'],
  [/^(encoder|decoder)\.encoders\.(\d+)\.norm_ff_macaron\./, '$1.conformer_layers.$2.ff_macaron_layer_norm.'],
  [/^(encoder|decoder)\.encoders\.(\d+)\.norm_ff\./, '$1.conformer_layers.$2.ff_layer_norm.'],
  [/^(encoder|decoder)\.encoders\.(\d+)\.norm_conv\./, '$1.conformer_layers.$2.conv_layer_norm.'],
  [
    /^(encoder|decoder)\.encoders\.(\d+)\.(feed_forward|feed_forward_macaron)\.w_([12])\./,
    '$1.conformer_layers.$2.$3.conv$4.',
  ],
  [/^(encoder|decoder)\.encoders\.(\d+)\./, '$1.conformer_layers.$2.'],
];

/** ESPnet's HiFi-GAN -> jik876's names. */
const GENERATOR: readonly Renaming[] = [
  [/^input_conv\./, 'conv_pre.'],
  [/^output_conv\.1\./, 'conv_post.'],
  [/^upsamples\.(\d+)\.1\./, 'ups.$1.'],
  [/^blocks\.(\d+)\.(convs[12])\.(\d+)\.1\./, 'resblocks.$1.$2.$3.'],
];

/** Settings of config.yaml that change what the same tensors compute, and the one value that is supported. */
const MUST_BE: Readonly<Record<string, string>> = {
  encoder_type: 'conformer',
  decoder_type: 'conformer',
  conformer_rel_pos_type: 'latest',
  conformer_activation_type: 'swish',
  use_gst: 'false',
};
/** What ESPnet takes where its config.yaml leaves the setting out. */
const DEFAULTS: Readonly<Record<string, string>> = {
  encoder_type: 'transformer',
  decoder_type: 'transformer',
  conformer_rel_pos_type: 'legacy',
  conformer_activation_type: 'swish',
  use_gst: 'false',
};

/** Whether a checkpoint is ESPnet2's of a model that reads text. */
export const isEspnet = (tensors: Tensors): boolean =>
  TEXT2MEL.some((prefix) => tensors.has(`${prefix}encoder.embed.0.weight`));

/**
 * @param yaml its config.yaml.
 * @param name of the checkpoint.
 * @throws VoirsError INVALID_WEIGHTS with the setting or tensor that is not supported.
 */
export function readEspnet(stored: Tensors, yaml: string, name: string): ForeignVoice {
  for (const [setting, wanted] of Object.entries(MUST_BE)) {
    const got = yamlValue(yaml, setting) ?? DEFAULTS[setting]!;
    if (got !== wanted)
      throw invalid(`config.yaml of ${name}: ${setting} is not supported`, shown(got), wanted);
  }
  const prefix = TEXT2MEL.find((one) => stored.has(`${one}encoder.embed.0.weight`));
  if (prefix === undefined)
    throw invalid(`${name} is not ESPnet's FastSpeech 2`, 'no tts.encoder.embed.0.weight', 'its checkpoint');
  const own = below(stored, prefix);
  for (const tensor of own.keys()) {
    if (/\.after_norm\./.test(tensor))
      throw invalid(
        `${name} has norms after its stacks`,
        `${tensor}`,
        'encoder_normalize_before and decoder_normalize_before false',
      );
  }
  const tensors = renamed(own, ACOUSTIC);
  for (const [tensor, one] of tensors) {
    // Layers of one tap are linear there.
    if (/\.conv[12]\.weight$/.test(tensor) && one.shape.length === 2)
      tensors.set(tensor, reshaped(one, [...one.shape, 1]));
  }
  const config = JsonReader.parse(JSON.stringify(configOf(tensors, yaml)), `config.yaml of ${name}`);
  const vocoder = vocoderOf(below(stored, VOCODER), yaml);
  const ids = new Map(tokensOf(yaml, name).map((token, id) => [token, [id]] as const));
  if (!ids.has(' ') || yamlValue(yaml, 'g2p')?.includes('no_space')) ids.delete(' ');
  const inventory = {
    ...{ kind: 'arpabet' as const, ids, language: 'en-US', begin: [] },
    end: ids.get('<sos/eos>') ?? [],
  };
  const voice = conformerFromHuggingFace(config, tensors, {
    name: name.replace(/\.(pth|pt)$/, ''),
    inventory,
    vocoder,
  });
  const description = "FastSpeech 2 with Conformer blocks, read from ESPnet's format";
  return { ...voice, model: { ...voice.model, description } };
}

/** FastSpeech2ConformerConfig as the tensors show it. */
function configOf(tensors: ReadonlyMap<string, HostTensor>, yaml: string): Record<string, unknown> {
  const size = (name: string, axis: number): number => tensors.get(name)?.shape[axis] ?? 0;
  const count = (name: (n: number) => string): number => {
    let n = 0;
    while (tensors.has(name(n))) n++;
    return n;
  };
  const layer = (stack: string, n: number, of: string) => `${stack}.conformer_layers.${n}.${of}`;
  const stack = (of: 'encoder' | 'decoder') => ({
    [`${of}_layers`]: count((n) => layer(of, n, 'self_attn.linear_q.weight')),
    [`${of}_num_attention_heads`]: size(layer(of, 0, 'self_attn.pos_bias_u'), 0),
    [`${of}_linear_units`]: size(layer(of, 0, 'feed_forward.conv1.weight'), 0),
    [`${of}_kernel_size`]: size(layer(of, 0, 'conv_module.depthwise_conv.weight'), 2) || 1,
    [`${of}_normalize_before`]: false, // the other kind has after_norm
    [`${of}_concat_after`]: tensors.has(layer(of, 0, 'concat_linear.weight')),
  });
  const predictor = (of: string) => ({
    [`${of}_predictor_layers`]: count((n) => `${of}_predictor.conv_layers.${n}.conv.weight`),
    [`${of}_predictor_channels`]: size(`${of}_predictor.conv_layers.0.conv.weight`, 0),
    [`${of}_predictor_kernel_size`]: size(`${of}_predictor.conv_layers.0.conv.weight`, 2),
  });
  const postnets = count((n) => `speech_decoder_postnet.layers.${n}.conv.weight`);
  const rows = size('speech_decoder_postnet.feat_out.weight', 0);
  const stated = Number(yamlValue(yaml, 'reduction_factor') ?? 1);
  const reduction = Number.isInteger(stated) && stated > 0 ? stated : 1;
  const postnet =
    postnets === 0
      ? {}
      : {
          speech_decoder_postnet_units: size('speech_decoder_postnet.layers.0.conv.weight', 0),
          speech_decoder_postnet_kernel: size('speech_decoder_postnet.layers.0.conv.weight', 2),
        };
  return {
    hidden_size: size('encoder.embed.weight', 1),
    vocab_size: size('encoder.embed.weight', 0),
    num_mel_bins: rows / reduction,
    reduction_factor: reduction,
    positionwise_conv_kernel_size: size(layer('encoder', 0, 'feed_forward.conv1.weight'), 2),
    use_macaron_style_in_conformer: tensors.has(layer('encoder', 0, 'feed_forward_macaron.conv1.weight')),
    use_cnn_in_conformer: tensors.has(layer('encoder', 0, 'conv_module.depthwise_conv.weight')),
    convolution_bias: tensors.has(layer('encoder', 0, 'conv_module.pointwise_conv1.bias')),
    ...stack('encoder'),
    ...stack('decoder'),
    ...predictor('duration'),
    ...predictor('pitch'),
    ...predictor('energy'),
    pitch_embed_kernel_size: size('pitch_embed.conv.weight', 2),
    energy_embed_kernel_size: size('energy_embed.conv.weight', 2),
    speech_decoder_postnet_layers: postnets,
    ...postnet,
    num_speakers: size('speaker_id_embedding.weight', 0),
    num_languages: size('language_id_embedding.weight', 0),
  };
}

/** The HiFi-GAN of a model of text to wave; undefined where the model makes mel alone. */
function vocoderOf(stored: Tensors, yaml: string): HifiganCheckpoint | undefined {
  if (stored.size === 0) return undefined;
  const rate = Number(yamlValue(yaml, 'sampling_rate') ?? yamlValue(yaml, 'fs') ?? 22_050);
  const config = { sampling_rate: rate, normalize_before: false };
  return generatorOf(
    JsonReader.parse(JSON.stringify(config), 'vocoder_params of config.yaml'),
    renamed(stored, GENERATOR),
  );
}

/** A plain value anywhere in a YAML file, by its key: the settings asked for here stand once, on a line of their own. */
function yamlValue(yaml: string, key: string): string | undefined {
  const start = new RegExp(`(?:^|\\n)[ \\t]*${key}:[ \\t]*`).exec(yaml);
  if (!start) return undefined;
  const from = start.index + start[0].length;
  const line = yaml.slice(from, from + 200).split(/[\r\n#]/)[0]!;
  const value = line.trim().replace(/^(['"])(.*)\1$/, '$2');
  return value === '' || value === 'null' ? undefined : value;
}

/** The symbols, in the order of their ids. @throws VoirsError INVALID_WEIGHTS. */
function tokensOf(yaml: string, name: string): string[] {
  const lines = yaml.split(/\r?\n/);
  const start = lines.indexOf('token_list:');
  const tokens: string[] = [];
  for (let at = start + 1; start >= 0 && /^\s*- /.test(lines[at] ?? ''); at++) {
    tokens.push(unquoted(lines[at]!.replace(/^\s*- /, '').trim()));
    if (tokens.length > MOST_TOKENS)
      throw invalid(`config.yaml of ${name}: token_list is too long`, 'more', `at most ${MOST_TOKENS}`);
  }
  if (tokens.length > 0) return tokens;
  throw invalid(`config.yaml of ${name}: token_list is wrong`, 'nothing', 'a list, one symbol a line');
}

function unquoted(text: string): string {
  if (/^'.*'$/s.test(text)) return text.slice(1, -1).replaceAll("''", "'");
  if (!/^".*"$/s.test(text)) return text;
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

function invalid(what: string, got: string, wanted: string): VoirsError {
  return new VoirsError('INVALID_WEIGHTS', what, {
    got,
    wanted,
    suggestion: 'Only models whose names alone differ from FastSpeech2Conformer are read (docs/models.md).',
  });
}
