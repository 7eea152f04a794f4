// Piper's voices: VITS as an ONNX file, with a .onnx.json beside it. Layers are told by the scopes that the exporter names
// nodes by, since constant folding has taken the names of half the weights; strides and dilations stand in the nodes.
import { JsonReader } from '../../checkpoints/json-reader.js';
import { type OnnxGraph, type OnnxNode, readOnnx } from '../../checkpoints/onnx.js';
import { floatTensor, type HostTensor, toFloat32 } from '../../checkpoints/tensor.js';
import { VoirsError } from '../../errors.js';
import { FILES, type ForeignVoice, NO_FILE, ONE_QUALITY, speakersOf } from './foreign-voice.js';
import { type Inventory, spellingOf } from './inventories.js';
import { fromAuthors } from './vits-tensors.js';

/** Parts of the model that speak; others (training's) are left out. */
const PARTS = /^(enc_p|dp|flow|dec|emb_g)\./;

/**
 * @param name of the ONNX file.
 * @throws VoirsError INVALID_WEIGHTS with what is missing, or the field of the .onnx.json that is wrong.
 */
export function readPiper(bytes: Uint8Array, json: string, name: string): ForeignVoice {
  const root = JsonReader.parse(json, `${name}.json`);
  const layers = new Layers(readOnnx(bytes, { source: name }), name);
  const { acoustic, vocoder } = fromAuthors(layers.tensors);
  const shape = (of: string): number[] => layers.shape(of);
  const [vocabulary, channels] = shape('enc_p.emb.weight') as [number, number];
  const inventory = inventoryOf(root);
  const spelling = spellingOf(inventory, vocabulary);
  const relative = shape('enc_p.encoder.attn_layers.0.emb_rel_k') as [number, number, number];
  const wide = shape('enc_p.encoder.ffn_layers.0.conv_1.weight') as [number, number, number];
  const latentChannels = shape('enc_p.proj.weight')[0]! / 2;
  const embedding = layers.tensors.get('emb_g.weight')?.shape;
  const speakers = embedding ? { speakers: { count: embedding[0]!, channels: embedding[1]! } } : {};
  const decoder = decoderOf(layers);
  const label = root.field('dataset');
  const speakerName = label.isAbsent ? name.replace(/\.onnx$/, '') : label.string();
  const speakerList = speakersOf(embedding?.[0] ?? 1, {
    name: speakerName,
    language: inventory.language,
    names: namesOf(root),
  });
  return {
    acoustic,
    vocoder,
    files: FILES,
    ...(spelling.pronunciations ? { texts: { 'pronunciations.tsv': spelling.pronunciations } } : {}),
    notes: [...layers.notes, ...spelling.notes],
    model: {
      format: 'voirs-voice/1',
      name: speakerName,
      version: '0',
      language: inventory.language,
      description: "VITS, read from Piper's format",
      sampleRate: root.field('audio').field('sample_rate').integer({ min: 1000, max: 384_000 }),
      mel: {
        bands: latentChannels,
        hopSize: decoder.upsampleRates.reduce((all, rate) => all * rate, 1),
        log: 'other',
      },
      spelling: spelling.kind,
      tokens: spelling.tokens,
      speakers: speakerList,
      defaultSpeaker: speakerList[0]!.id,
      acoustic: {
        type: 'vits',
        file: FILES.acoustic,
        ...NO_FILE,
        maxTrainedTokens: 300,
        symbols: spelling.symbols,
        vocabulary,
        channels,
        heads: channels / relative[2],
        window: (relative[1] - 1) / 2,
        ffnChannels: wide[0],
        ffnKernel: wide[2],
        encoderLayers: layers.count((n) => `enc_p.encoder.attn_layers.${n}.conv_q`),
        layerNormEpsilon: 1e-5,
        latentChannels,
        flow: flowOf(layers),
        duration: durationsOf(layers),
        ...speakers,
        ...inferenceOf(root),
      },
      vocoders: {
        own: { type: 'hifigan', file: FILES.vocoder, ...NO_FILE, ...decoder, source: false, ...speakers },
      },
      quality: ONE_QUALITY,
    },
  };
}

/** The layers of a graph by the scopes of the model that was exported. */
class Layers {
  /** Weights by the names that they had in the model. */
  readonly tensors = new Map<string, HostTensor>();
  readonly notes: string[] = [];
  private readonly nodes = new Map<string, OnnxNode>();

  constructor(
    graph: OnnxGraph,
    private readonly source: string,
  ) {
    for (const [name, tensor] of graph.tensors) if (PARTS.test(name)) this.tensors.set(name, tensor);
    for (const node of graph.nodes) {
      const scope = node.name.replace(/^\//, '').split('/').slice(0, -1).join('.');
      const isConvolution = node.operator === 'Conv' || node.operator === 'ConvTranspose';
      if (!PARTS.test(`${scope}.`) || !(isConvolution || node.operator === 'Gather')) continue;
      const [weight, bias] = isConvolution ? [node.inputs[1], node.inputs[2]] : [node.inputs[0], undefined];
      const found = graph.tensors.get(weight ?? '');
      if (!found || (!isConvolution && found.shape.length !== 2)) {
        const type = isConvolution ? graph.unread.get(weight ?? '') : undefined;
        if (type !== undefined) throw this.invalid(`${scope}.weight has data type ${type}`, 'floats');
        if (isConvolution) this.nodes.set(scope, node);
        continue;
      }
      if (isConvolution) this.nodes.set(scope, node);
      this.tensors.set(`${scope}.weight`, found);
      const offsets = bias === undefined || bias === '' ? undefined : graph.tensors.get(bias);
      if (offsets) this.tensors.set(`${scope}.bias`, offsets);
    }
    const folded = graph.tensors.get('/dp/flows.0/Exp_output_0'); // exp(-logs), as constant folding leaves it
    if (folded && !this.tensors.has('dp.flows.0.logs')) {
      const logs = toFloat32(folded).map((value) => -Math.log(value));
      this.tensors.set('dp.flows.0.logs', floatTensor(logs, [...folded.shape]));
    }
    if (!this.tensors.has('enc_p.emb.weight'))
      throw this.invalid(
        'no weights of a layer enc_p.emb',
        "the layers of VITS, named as PyTorch's exporter does",
      );
  }

  /** @throws VoirsError INVALID_WEIGHTS where there is no such tensor of three dimensions, or two. */
  shape(name: string): number[] {
    const found = this.tensors.get(name)?.shape;
    if (found && found.length >= 2) return found;
    throw this.invalid(found ? `${name} [${found}]` : `no ${name}`, 'the layers of VITS');
  }

  /** Layers in a row. */
  count(name: (n: number) => string): number {
    let n = 0;
    while (this.tensors.has(`${name(n)}.weight`)) n++;
    return n;
  }

  /** The number that a convolution's node states, 1 by default. */
  stated(layer: string, attribute: 'strides' | 'dilations'): number {
    return this.nodes.get(layer)?.numbers.get(attribute)?.[0] ?? 1;
  }

  invalid(got: string, wanted: string): VoirsError {
    return new VoirsError('INVALID_WEIGHTS', `${this.source} is not a Piper voice`, {
      got,
      wanted,
      suggestion: 'Use a voice that Piper exported, with floats and with the names of its layers.',
    });
  }
}

function flowOf(layers: Layers): Record<string, number> {
  const inner = (n: number): string => `flow.flows.0.enc.in_layers.${n}`;
  return {
    layers: layers.count((n) => `flow.flows.${2 * n}.pre`),
    kernel: layers.shape(`${inner(0)}.weight`)[2]!,
    dilationRate: layers.stated(inner(1), 'dilations'),
    wavenetLayers: layers.count(inner),
  };
}

function durationsOf(layers: Layers): Record<string, unknown> {
  if (!layers.tensors.has('dp.flows.0.m')) {
    const [channels, , kernel] = layers.shape('dp.conv_1.weight');
    return { kind: 'deterministic', channels, kernel };
  }
  const flows = layers.count((n) => `dp.flows.${2 * n + 3}.pre`);
  const [rows] = layers.shape('dp.flows.3.proj.weight');
  return {
    kind: 'stochastic',
    kernel: layers.shape('dp.convs.convs_sep.0.weight')[2]!,
    layers: layers.count((n) => `dp.convs.convs_sep.${n}`),
    flows,
    bins: (rows! + 1) / 3,
    tailBound: 5, // a constant of the authors' code
  };
}

function decoderOf(layers: Layers) {
  const stages = layers.count((n) => `dec.ups.${n}`);
  if (stages === 0) throw layers.invalid('no dec.ups.0.weight', 'the layers of VITS');
  const kind = layers.tensors.has('dec.resblocks.0.convs1.0.weight') ? '1' : '2';
  const convolutions = kind === '1' ? 'convs1' : 'convs';
  const blocks = layers.count((n) => `dec.resblocks.${n}.${convolutions}.0`);
  const perStage = Array.from({ length: Math.max(1, Math.floor(blocks / stages)) }, (_, n) => n);
  return {
    resblock: kind,
    upsampleRates: Array.from({ length: stages }, (_, n) => layers.stated(`dec.ups.${n}`, 'strides')),
    upsampleKernelSizes: Array.from({ length: stages }, (_, n) => layers.shape(`dec.ups.${n}.weight`)[2]!),
    upsampleInitialChannel: layers.shape('dec.conv_pre.weight')[0]!,
    resblockKernelSizes: perStage.map((n) => layers.shape(`dec.resblocks.${n}.${convolutions}.0.weight`)[2]!),
    resblockDilationSizes: perStage.map((n) => {
      const name = (m: number): string => `dec.resblocks.${n}.${convolutions}.${m}`;
      return Array.from({ length: layers.count(name) }, (_, m) => layers.stated(name(m), 'dilations'));
    }),
  };
}

function inferenceOf(root: JsonReader): Record<string, number> {
  const inference = root.field('inference');
  const scale = (name: string, otherwise: number, min = 0): number => {
    const field = inference.isAbsent ? inference : inference.field(name);
    return field.isAbsent ? otherwise : field.number({ min, max: 10 });
  };
  return {
    noiseScale: scale('noise_scale', 0.667),
    noiseScaleDuration: scale('noise_w', 0.8),
    lengthScale: scale('length_scale', 1, 0.01),
  };
}

function inventoryOf(root: JsonReader): Inventory {
  const ids = new Map<string, readonly number[]>();
  for (const [symbol, list] of root.field('phoneme_id_map').entries())
    ids.set(
      symbol,
      list.items({ max: 64 }).map((id) => id.integer({ min: 0, max: 65_535 })),
    );
  const type = root.field('phoneme_type');
  const kind = type.isAbsent ? 'espeak' : type.oneOf('espeak', 'text');
  const one = (symbol: string): readonly number[] => ids.get(symbol) ?? [];
  const [blank] = one('_');
  return {
    kind: kind === 'espeak' ? 'ipa' : 'characters',
    ids: new Map([...ids].filter(([symbol]) => !'_^$'.includes(symbol))),
    language: languageOf(root),
    ...(blank === undefined ? {} : { blank }),
    begin: blank === undefined ? one('^') : one('^').flatMap((id) => [id, blank]),
    end: one('$'),
  };
}

/** BCP 47, of the language's code or of eSpeak's voice. */
function languageOf(root: JsonReader): string {
  const [language, espeak] = [root.field('language'), root.field('espeak')];
  const code = language.isAbsent ? undefined : language.field('code');
  if (code && !code.isAbsent) return code.string().replace('_', '-');
  if (espeak.isAbsent || espeak.field('voice').isAbsent) return 'en-US';
  const [tongue, region] = espeak.field('voice').string().split('-');
  return region === undefined ? tongue! : `${tongue}-${region.toUpperCase()}`;
}

function namesOf(root: JsonReader): Map<number, string> {
  const names = root.field('speaker_id_map');
  if (names.isAbsent) return new Map();
  return new Map(names.entries().map(([name, id]) => [id.integer({ min: 0, max: 65_535 }), name]));
}
