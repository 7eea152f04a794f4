// HiFi-GAN's residual blocks (arXiv 2010.05646, section 2.2.1), both kinds, with jik876's tensor names.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops } from '../backends/ops.js';
import type { LayerReader } from '../voices/layer-reader.js';

/** Slope of every leaky ReLU inside the generator; only the last one, before conv_post, has PyTorch's 0.01. */
export const LEAKY_SLOPE = 0.1;

/** One residual block: [B, L, C] -> [B, L, C]. */
export interface ResBlock {
  apply(ops: Ops, x: Tensor3D): Tensor3D;
}

/** Runs the residual steps one after the other, each freeing the one before it. */
function inTurn(x: Tensor3D, steps: ((x: Tensor3D) => Tensor3D)[]): Tensor3D {
  let current = x;
  for (const step of steps) {
    const next = tf.tidy(() => step(current));
    if (current !== x) current.dispose();
    current = next;
  }
  return current;
}

/** x + conv2(lrelu(conv1(lrelu(x)))), one dilated and one plain convolution per step (V1, V2). */
class ResBlock1 implements ResBlock {
  constructor(private readonly pairs: { dilated: Layer<'conv1d'>; plain: Layer<'conv1d'> }[]) {}

  apply(ops: Ops, x: Tensor3D): Tensor3D {
    const steps = this.pairs.map(({ dilated, plain }) => (x: Tensor3D) => {
      const hidden = ops.conv1d(x, dilated);
      return ops.conv1d(hidden, plain, x);
    });
    return inTurn(x, steps);
  }
}

/** x + conv(lrelu(x)), one dilated convolution per step (V3). */
class ResBlock2 implements ResBlock {
  constructor(private readonly convs: Layer<'conv1d'>[]) {}

  apply(ops: Ops, x: Tensor3D): Tensor3D {
    const steps = this.convs.map((conv) => (x: Tensor3D) => ops.conv1d(x, conv, x));
    return inTurn(x, steps);
  }
}

/** Reads `resblocks.n.convs1.m` and `convs2.m` (kind '1') or `convs.m` (kind '2'). */
export function readResBlock(
  read: LayerReader,
  prefix: string,
  kind: '1' | '2',
  dilations: number[],
): ResBlock {
  if (kind === '2') {
    const form = (dilation: number) => ({ dilation, leakyIn: LEAKY_SLOPE });
    return new ResBlock2(dilations.map((dilation, m) => read.conv1d(`${prefix}.convs.${m}`, form(dilation))));
  }
  return new ResBlock1(
    dilations.map((dilation, m) => ({
      dilated: read.conv1d(`${prefix}.convs1.${m}`, {
        dilation,
        leakyIn: LEAKY_SLOPE,
        activation: { leaky: LEAKY_SLOPE },
      }),
      plain: read.conv1d(`${prefix}.convs2.${m}`),
    })),
  );
}
