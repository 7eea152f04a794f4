// HiFi-GAN's residual blocks (arXiv 2010.05646, section 2.2.1), both kinds, with jik876's tensor names.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops, RowRange } from '../backends/ops.js';
import type { LayerReader } from '../voices/layer-reader.js';
import { grown } from './receptive-field.js';
import { convolveRows, type Window } from './window.js';

/** Slope of every leaky ReLU inside the generator; only the last one, before conv_post, has PyTorch's 0.01. */
export const LEAKY_SLOPE = 0.1;

/** One residual block: rows of [1, L, C] -> the wanted rows of [1, L, C]. */
export interface ResBlock {
  /**
   * @param length rows L of the whole signal, beyond which there are zeros.
   * @param sum what other blocks have made of the wanted rows: added, in the pass of the last convolution.
   */
  apply(ops: Ops, x: Window, wanted: RowRange, length: number, sum?: Tensor3D): Window;
}

/** A convolution and how far it reaches to either side. */
interface Reaching {
  layer: Layer<'conv1d'>;
  reach: number;
}

/** One residual step: x + f(x). */
interface Step {
  reach: number;
  apply(ops: Ops, x: Window, wanted: RowRange, length: number, sum?: Tensor3D): Window;
}

/** x + conv2(lrelu(conv1(lrelu(x)))), one dilated and one plain convolution per step (V1, V2). */
function pairStep(dilated: Reaching, plain: Reaching): Step {
  return {
    reach: dilated.reach + plain.reach,
    apply(ops, x, wanted, length, sum) {
      const hidden = convolveRows(ops, x, dilated.layer, grown(wanted, plain.reach, length));
      return convolveRows(ops, hidden, plain.layer, wanted, x, sum);
    },
  };
}

/** x + conv(lrelu(x)), one dilated convolution per step (V3). */
function singleStep({ layer, reach }: Reaching): Step {
  return { reach, apply: (ops, x, wanted, _length, sum) => convolveRows(ops, x, layer, wanted, x, sum) };
}

/** Steps one after the other, each making only what those after it read, and freeing what the one before it made. */
class StepBlock implements ResBlock {
  constructor(private readonly steps: readonly Step[]) {}

  apply(ops: Ops, x: Window, wanted: RowRange, length: number, sum?: Tensor3D): Window {
    let reach = this.steps.reduce((sum, step) => sum + step.reach, 0);
    let current = x;
    for (const [n, step] of this.steps.entries()) {
      reach -= step.reach;
      const rows = grown(wanted, reach, length);
      const before = current.x;
      const joined = n === this.steps.length - 1 ? sum : undefined;
      const next = tf.tidy(() => step.apply(ops, current, rows, length, joined).x as Tensor3D);
      current = { x: next, from: rows.from };
      if (before !== x.x) before.dispose();
    }
    return current;
  }
}

/** Reads `resblocks.n.convs1.m` and `convs2.m` (kind '1') or `convs.m` (kind '2'), of odd kernels. */
export function readResBlock(
  read: LayerReader,
  prefix: string,
  kind: '1' | '2',
  kernel: number,
  dilations: readonly number[],
): ResBlock {
  const half = (kernel - 1) / 2;
  const dilated = (name: string, form: Parameters<LayerReader['conv1d']>[1] & { dilation: number }) => ({
    layer: read.conv1d(`${prefix}.${name}`, { leakyIn: LEAKY_SLOPE, ...form }),
    reach: half * form.dilation,
  });
  const steps = dilations.map((dilation, m) => {
    if (kind === '2') return singleStep(dilated(`convs.${m}`, { dilation }));
    // The leaky ReLU between the two convolutions is applied once, where the first writes.
    const first = dilated(`convs1.${m}`, { dilation, activation: { leaky: LEAKY_SLOPE } });
    return pairStep(first, { layer: read.conv1d(`${prefix}.convs2.${m}`), reach: half });
  });
  return new StepBlock(steps);
}
