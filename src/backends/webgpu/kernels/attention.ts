// Self-attention without a matrix of scores in memory (FlashAttention, arXiv 2205.14135): a workgroup
// compares 16 positions of one head with all others, 16 at a time, keeping a running maximum and sum.
// Queries, keys and values of all heads come from one matrix product. Replaces, per head, four products, two
// transposes and a softmax over [N, N].
import type { Tensor3D } from '#tf';
import type { AttentionSpec, Layer, LinearSpec } from '../../ops.js';
import { dispatch, THREADS } from '../program.js';
import { type ConvolutionLayer, prepareLinear } from './convolution.js';

/** Positions of a tile, queries and keys alike. */
const TILE = 16;
/** Threads that share a query. */
const SHARE = THREADS / TILE;
/** Widest head whose tiles fit workgroup memory, in channels; our voice's are 96 wide. */
const WIDEST = 112;

/** A self-attention on the device. */
export class FusedAttentionLayer implements Layer<'attention'> {
  readonly kind = 'attention';
  readonly bytes: number;
  constructor(
    /** C -> 3 C: queries, keys and values side by side. */
    readonly inputs: ConvolutionLayer<'linear'>,
    readonly out: ConvolutionLayer<'linear'>,
    readonly heads: number,
    readonly width: number,
  ) {
    this.bytes = inputs.bytes + out.bytes;
  }
  dispose(): void {
    this.inputs.dispose();
    this.out.dispose();
  }
}

/** The layer; undefined for a head that is too wide or not a multiple of four channels. */
export function prepareFusedAttention(spec: AttentionSpec): FusedAttentionLayer | undefined {
  const { heads, q, k, v } = spec;
  const width = q.outChannels / heads;
  if (width > WIDEST || width % 4 !== 0) return undefined;
  return new FusedAttentionLayer(prepareLinear(stacked([q, k, v])), prepareLinear(spec.out), heads, width);
}

/** Layers of one input as one layer, their outputs one after the other. */
function stacked(layers: LinearSpec[]): LinearSpec {
  const { inChannels, outChannels } = layers[0]!;
  const weight = new Float32Array(layers.length * outChannels * inChannels);
  const bias = new Float32Array(layers.length * outChannels);
  layers.forEach((layer, n) => {
    weight.set(layer.weight, n * outChannels * inChannels);
    if (layer.bias) bias.set(layer.bias, n * outChannels);
  });
  return { weight, bias, inChannels, outChannels: layers.length * outChannels };
}

/** The text of the shader for heads of so many vectors of four channels. */
const CODE = (vectors: number, heads: number): string => `
const ROW = ${3 * heads * vectors};
var<workgroup> queries: array<vec4<f32>, ${TILE * vectors}>;
var<workgroup> others: array<vec4<f32>, ${TILE * vectors}>;
var<workgroup> scores: array<f32, ${TILE * TILE}>;

// A row of queries (part 0), keys (1) or values (2); zero beyond the end.
fn readX(row: i32, part: i32, head: i32, c: i32) -> vec4<f32> {
  if (row >= uniforms.rows) { return vec4<f32>(0.0); }
  return x[row * ROW + (part * ${heads} + head) * ${vectors} + c];
}

fn main(index: i32) {
  let thread = i32(localIndex);
  let tile = index / ${THREADS};
  let head = tile % ${heads};
  let first = tile / ${heads} * ${TILE};
  let query = thread / ${SHARE};
  let part = thread % ${SHARE};
  for (var i = thread; i < ${TILE * vectors}; i += ${THREADS}) {
    queries[i] = readX(first + i / ${vectors}, 0, head, i % ${vectors}) * uniforms.scale;
  }
  var most = -1e30;
  var weight = 0.0;
  var sums: array<vec4<f32>, ${Math.ceil(vectors / SHARE)}>;
  for (var start = 0; start < uniforms.rows; start += ${TILE}) {
    for (var i = thread; i < ${TILE * vectors}; i += ${THREADS}) {
      others[i] = readX(start + i / ${vectors}, 1, head, i % ${vectors});
    }
    workgroupBarrier();
    for (var key = part; key < ${TILE}; key += ${SHARE}) {
      var score = 0.0;
      for (var c = 0; c < ${vectors}; c++) {
        score += dot(queries[query * ${vectors} + c], others[key * ${vectors} + c]);
      }
      scores[query * ${TILE} + key] = select(-1e30, score, start + key < uniforms.rows);
    }
    workgroupBarrier();
    for (var i = thread; i < ${TILE * vectors}; i += ${THREADS}) {
      others[i] = readX(start + i / ${vectors}, 2, head, i % ${vectors});
    }
    var top = most;
    for (var key = 0; key < ${TILE}; key++) { top = max(top, scores[query * ${TILE} + key]); }
    let fade = exp(most - top);
    most = top;
    weight *= fade;
    for (var c = 0; c < ${Math.ceil(vectors / SHARE)}; c++) { sums[c] *= fade; }
    workgroupBarrier();
    for (var key = 0; key < ${TILE}; key++) {
      let share = exp(scores[query * ${TILE} + key] - most);
      weight += share;
      for (var c = part; c < ${vectors}; c += ${SHARE}) {
        sums[c / ${SHARE}] = fma(vec4<f32>(share), others[key * ${vectors} + c], sums[c / ${SHARE}]);
      }
    }
    workgroupBarrier();
  }
  if (first + query >= uniforms.rows) { return; }
  for (var c = part; c < ${vectors}; c += ${SHARE}) {
    result[((first + query) * ${heads} + head) * ${vectors} + c] = sums[c / ${SHARE}] / weight;
  }
}`;

/** [1, N, C], and a residual of that shape -> [1, N, C]. */
export function fusedAttention(x: Tensor3D, layer: FusedAttentionLayer, residual?: Tensor3D): Tensor3D {
  const { inputs, out, heads, width } = layer;
  const rows = x.shape[1];
  const attended = dispatch({
    key: `attention ${width} ${heads}`,
    code: () => CODE(width / 4, heads),
    inputs: { x: { tensor: inputs.apply(x), components: 4 } }, // [B, N, C] -> [B, N, 3 C]
    uniforms: {
      rows: { type: 'i32', value: rows },
      scale: { type: 'f32', value: 1 / Math.sqrt(width) },
    },
    outputShape: [1, rows, heads * width],
    outputComponents: 4,
    workgroups: Math.ceil(rows / TILE) * heads,
  }) as Tensor3D;
  return out.apply(attended, residual);
}
