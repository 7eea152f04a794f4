// VITS as its two halves here, whoever saved it: the authors' names, which Piper's files have too, with the encoder,
// durations and flow in one map and the decoder, a HiFi-GAN, in the other.
import type { HostTensor } from '../../checkpoints/tensor.js';
import { below, type Renaming, renamed, reshaped, zeros } from './rename.js';

/** Tensors of the acoustic model and of the vocoder. */
export interface VitsTensors {
  acoustic: Map<string, HostTensor>;
  vocoder: Map<string, HostTensor>;
}

const doubled = (k: string): number => 2 * Number(k);

const STACK = [
  [/\.conv_dds\.convs_dilated\./, '.convs.convs_sep.'],
  [/\.conv_dds\.convs_pointwise\./, '.convs.convs_1x1.'],
  [/\.conv_dds\./, '.convs.'],
] as const;

/** Hugging Face's VitsModel -> the authors' names. */
const HUGGING_FACE: readonly Renaming[] = [
  [/^(posterior_encoder|duration_predictor\.post_|duration_predictor\.flows\.1\.).*/, undefined],
  [/^text_encoder\.embed_tokens\./, 'enc_p.emb.'],
  [/^text_encoder\.project\./, 'enc_p.proj.'],
  [
    /^text_encoder\.encoder\.layers\.(\d+)\.attention\.([qkv])_proj\./,
    'enc_p.encoder.attn_layers.$1.conv_$2.',
  ],
  [/^text_encoder\.encoder\.layers\.(\d+)\.attention\.out_proj\./, 'enc_p.encoder.attn_layers.$1.conv_o.'],
  [/^text_encoder\.encoder\.layers\.(\d+)\.attention\./, 'enc_p.encoder.attn_layers.$1.'],
  [/^text_encoder\.encoder\.layers\.(\d+)\.layer_norm\./, 'enc_p.encoder.norm_layers_1.$1.'],
  [/^text_encoder\.encoder\.layers\.(\d+)\.final_layer_norm\./, 'enc_p.encoder.norm_layers_2.$1.'],
  [/^text_encoder\.encoder\.layers\.(\d+)\.feed_forward\./, 'enc_p.encoder.ffn_layers.$1.'],
  [/^duration_predictor\.flows\.0\.translate$/, 'dp.flows.0.m'],
  [/^duration_predictor\.flows\.0\.log_scale$/, 'dp.flows.0.logs'],
  [
    /^duration_predictor\.flows\.(\d+)\.(?:conv_(pre|proj)|(conv_dds))\./,
    (_, k = '', end, stack) => `dp.flows.${doubled(k) - 1}.${end ?? stack}.`,
  ],
  [/^duration_predictor\.conv_(pre|proj)\./, 'dp.$1.'],
  [/^duration_predictor\./, 'dp.'],
  [
    /^flow\.flows\.(\d+)\.(?:conv_(pre|post)|(wavenet))\./,
    (_, k = '', end) => `flow.flows.${doubled(k)}.${end ?? 'enc'}.`,
  ],
  [/^decoder\.upsampler\./, 'dec.ups.'],
  [/^decoder\./, 'dec.'],
  [/^embed_speaker\./, 'emb_g.'],
];

/** The authors' own names differ from ours in their layer norms, and in what only training needs. */
const AUTHORS: readonly Renaming[] = [
  [/^(enc_q|dp\.post_|dp\.flows\.1\.).*/, undefined],
  [/\.gamma$/, '.weight'],
  [/\.beta$/, '.bias'],
];

/** A checkpoint of Hugging Face's VitsModel. */
export function fromHuggingFace(tensors: ReadonlyMap<string, HostTensor>): VitsTensors {
  return inHalves(STACK.reduce((all, one) => renamed(all, [one]), renamed(tensors, HUGGING_FACE)));
}

/** A checkpoint with the names of the authors' code: theirs, and Piper's. */
export function fromAuthors(tensors: ReadonlyMap<string, HostTensor>): VitsTensors {
  return inHalves(renamed(tensors, AUTHORS));
}

/** Fits shapes: linear layers become convolutions of one tap, and a speaker's projections matrices. */
function inHalves(tensors: ReadonlyMap<string, HostTensor>): VitsTensors {
  const fitted = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) {
    const { shape } = tensor;
    const isProjection =
      /(^|\.)(cond|cond_layer)\.[\w.]*$/.test(name) && shape.length === 3 && shape[2] === 1;
    const isLinear = /\.attn_layers\.\d+\.conv_[qkvo]\.weight$/.test(name) && shape.length === 2;
    if (isProjection && shape[1] !== 1) fitted.set(name, reshaped(tensor, [shape[0]!, shape[1]!]));
    else if (isLinear) fitted.set(name, reshaped(tensor, [shape[0]!, shape[1]!, 1]));
    else fitted.set(name, tensor);
  }
  for (const [name, { shape }] of [...fitted]) {
    if (!/\.attn_layers\.\d+\.conv_[qkvo]\.weight$/.test(name)) continue;
    const bias = name.replace(/weight$/, 'bias');
    if (!fitted.has(bias)) fitted.set(bias, zeros(shape[0]!)); // use_bias: false
  }
  const vocoder = below(fitted, 'dec.');
  if (!vocoder.has('conv_post.bias')) vocoder.set('conv_post.bias', zeros(1));
  const acoustic = new Map([...fitted].filter(([name]) => !name.startsWith('dec.')));
  const speakers = acoustic.get('emb_g.weight');
  if (speakers && vocoder.has('cond.weight')) vocoder.set('speaker.weight', speakers);
  return { acoustic, vocoder };
}
