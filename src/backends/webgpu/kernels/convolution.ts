// Convolutions on the GPU by a kernel of our own: any kernel length, dilation and channels at stride 1, with
// bias, leaky ReLU of the input, activation and residual in the same pass. A linear layer is a convolution of
// one tap, an upsampling one with a column per phase. Replaces a leaky ReLU, a FusedConv2D and an addition.
import type { Tensor, Tensor3D } from '#tf';
import * as tf from '#tf';
import { VoirsError } from '../../../errors.js';
import type { Conv1dSpec, ConvPart, Layer, LinearSpec, Upsample1dSpec } from '../../ops.js';
import { slopeOf, upsampleBlocks } from '../../reference.js';
import { dispatch, type Input } from '../program.js';
import { convolutionCode, type ShaderForm, type Tiling, tilingOf } from './convolution.wgsl.js';
import { packColumns, roundUp, uploadWeights } from './weights.js';

/** The numbers of a convolution that the shader reads as uniforms. */
interface ConvolutionUniforms {
  taps: number;
  dilation: number;
  /** Zeros before and after the rows. */
  padding: readonly [before: number, after: number];
  /** Slope of the leaky ReLU of the input, and of the result: 1 is none, 0 is ReLU. */
  leakyIn: number;
  leakyOut: number;
  /** Tanh of the result. */
  isTanh?: boolean;
  /** Rows of the result per row of the convolution, and values in each. */
  stride: number;
  outChannels: number;
}

/** A convolution on the device. */
export class ConvolutionLayer<Kind extends string> implements Layer<Kind> {
  readonly bytes: number;
  private readonly tensors: Tensor[];
  private readonly scale: number;
  private readonly form: ShaderForm;

  /** @param packed [taps][Cin][columns], columns rounded up to a multiple of 4. */
  constructor(
    readonly kind: Kind,
    packed: Float32Array,
    bias: Float32Array,
    form: Omit<ShaderForm, 'weights'>,
    private readonly tiling: Tiling,
    private readonly run: ConvolutionUniforms,
  ) {
    const { tensor, format, scale } = uploadWeights(packed);
    this.form = { ...form, weights: format };
    this.scale = scale;
    const biases = new Float32Array(roundUp(form.columns, 4));
    biases.set(bias);
    this.tensors = [tensor, tf.keep(tf.tensor1d(biases))];
    this.bytes = this.tensors.reduce((sum, { size }) => sum + size * 4, 0);
  }

  /**
   * [1, L, Cin], and a residual of the result's shape -> [1, L', Cout], or the part of it that `part.rows`
   * names.
   */
  apply(x: Tensor3D, residual?: Tensor3D, part: ConvPart = {}): Tensor3D {
    const [w, bias] = this.tensors as [Tensor?, Tensor?];
    if (!w || !bias) throw new VoirsError('DISPOSED', 'A convolution was used after dispose()');
    const { form, tiling, run } = this;
    const rowsIn = x.shape[1];
    const reach = (run.taps - 1) * run.dilation;
    const length = rowsIn + run.padding[0] + run.padding[1] - reach;
    const { from, to } = part.rows ?? { from: 0, to: length };
    const rows = to - from;
    const shape = [1, rows * run.stride, run.outChannels];
    if (length < 1) {
      throw new VoirsError('SYNTHESIS_FAILED', 'A signal is shorter than the convolution over it', {
        got: `${rowsIn} rows`,
        wanted: `at least ${rowsIn + 1 - length}`,
      });
    }
    if (from < 0 || rows < 1 || to > length) {
      throw new VoirsError('SYNTHESIS_FAILED', 'A convolution has no such rows', {
        got: `${from} to ${to}`,
        wanted: `from 0 to ${length}, at least one`,
      });
    }
    const residualFrom = part.residualFrom ?? 0;
    checkAddend('residual', residual, shape, residualFrom);
    checkAddend('sum', part.sum, shape, 0);
    const outComponents = form.columns % 4 === 0 ? 4 : 1;
    // Where there is nothing to add, x is bound in its place and not read, so that the shader is the same.
    const added = (tensor: Tensor3D | undefined): Input => ({
      tensor: tensor ?? x,
      components: outComponents,
    });
    const inputs: Record<string, Input> = {
      x: { tensor: x, components: form.inChannels % 4 === 0 ? 4 : 1 },
      w: { tensor: w, components: form.weights === 'half' ? 2 : 4 },
      bias: { tensor: bias, components: 4 },
      residual: added(residual),
      sum: added(part.sum),
    };
    const flag = (isSet: boolean) => ({ type: 'i32', value: isSet ? 1 : 0 }) as const;
    return dispatch({
      key: `convolution ${JSON.stringify(form)}`,
      code: () => convolutionCode(form, tiling),
      inputs,
      uniforms: {
        rows: { type: 'i32', value: rows },
        rowsIn: { type: 'i32', value: rowsIn },
        // A result that begins later reads later rows: fewer zeros before them, or a negative number of them.
        before: { type: 'i32', value: run.padding[0] - from },
        taps: { type: 'i32', value: run.taps },
        dilation: { type: 'i32', value: run.dilation },
        reach: { type: 'i32', value: reach },
        isTanh: flag(run.isTanh === true),
        hasResidual: flag(residual !== undefined),
        residualFrom: { type: 'i32', value: residualFrom },
        hasSum: flag(part.sum !== undefined),
        leakyIn: { type: 'f32', value: run.leakyIn },
        leakyOut: { type: 'f32', value: run.leakyOut },
        scale: { type: 'f32', value: this.scale },
      },
      outputShape: shape,
      outputComponents: outComponents,
      workgroups: Math.ceil(rows / tiling.rows) * tiling.columnTiles,
    }) as Tensor3D;
  }

  dispose(): void {
    for (const tensor of this.tensors.splice(0)) tensor.dispose();
  }
}

/**
 * @throws VoirsError SYNTHESIS_FAILED for a residual without the rows of the result, or a sum of another
 * shape.
 */
function checkAddend(
  what: 'residual' | 'sum',
  tensor: Tensor3D | undefined,
  [, rows = 0, channels = 0]: readonly number[],
  from: number,
): void {
  if (!tensor) return;
  const left = tensor.shape[1] - from - rows;
  const fits = what === 'sum' ? left === 0 : left >= 0 && from >= 0;
  if (fits && tensor.shape[2] === channels) return;
  throw new VoirsError('SYNTHESIS_FAILED', `A ${what} has another shape than the result it is added to`, {
    got: `[${tensor.shape}] from row ${from}`,
    wanted: `${rows} rows of ${channels}`,
  });
}

/**
 * Halos have few sizes, so that the kernels and dilations of a stage share a shader; HiFi-GAN's are up to 50
 * rows.
 */
function haloOf(rows: number): number {
  return rows === 0 ? 0 : Math.max(64, 2 ** Math.ceil(Math.log2(rows)));
}

/**
 * The layer; undefined where the kernel does not take the shape: strides, and halos beyond workgroup memory.
 */
export function prepareConvolution(spec: Conv1dSpec): ConvolutionLayer<'conv1d'> | undefined {
  const { weight, bias, inChannels, outChannels, kernel, stride = 1, dilation = 1, padding } = spec;
  const halo = haloOf((kernel - 1) * dilation);
  const form = { inChannels, columns: outChannels, group: outChannels, halo };
  const tiling = tilingOf({ ...form, weights: 'single' });
  if (stride !== 1 || !tiling) return undefined;
  const packed = packColumns(weight, outChannels, inChannels, kernel);
  return new ConvolutionLayer('conv1d', packed, bias ?? new Float32Array(outChannels), form, tiling, {
    taps: kernel,
    dilation,
    padding: [padding, padding],
    leakyIn: spec.leakyIn ?? 1,
    leakyOut: slopeOf(spec.activation ?? 'linear'),
    isTanh: spec.activation === 'tanh',
    stride: 1,
    outChannels,
  });
}

/** A linear layer, as a convolution of one tap. */
export function prepareLinear(spec: LinearSpec): ConvolutionLayer<'linear'> {
  const { weight, bias, inChannels, outChannels } = spec;
  const form = { inChannels, columns: outChannels, group: outChannels, halo: 0 };
  const tiling = tilingOf({ ...form, weights: 'single' })!; // no halo: it always fits
  const packed = packColumns(weight, outChannels, inChannels, 1);
  return new ConvolutionLayer('linear', packed, bias ?? new Float32Array(outChannels), form, tiling, {
    taps: 1,
    dilation: 1,
    padding: [0, 0],
    leakyIn: 1,
    leakyOut: 1,
    stride: 1,
    outChannels,
  });
}

/**
 * A transposed convolution, `stride` rows at a time; undefined where a phase does not consist of whole
 * vectors.
 */
export function prepareUpsampling(spec: Upsample1dSpec): ConvolutionLayer<'upsample1d'> | undefined {
  const { inChannels, outChannels, kernel, stride, leakyIn } = spec;
  const { filter, bias, taps, before, after } = upsampleBlocks(spec); // [taps][Cin][stride Cout]
  const columns = stride * outChannels;
  const form = {
    inChannels,
    columns,
    group: outChannels,
    halo: 2 ** Math.ceil(Math.log2(taps - 1)),
    phases: { stride, kernel, pad: (kernel - stride) / 2, before },
  };
  const tiling = tilingOf({ ...form, weights: 'single' });
  if (!tiling || outChannels % (tiling.lanes * 4) !== 0) return undefined;
  return new ConvolutionLayer('upsample1d', filter, bias, form, tiling, {
    taps,
    dilation: 1,
    padding: [before, after],
    leakyIn,
    leakyOut: 1,
    stride,
    outChannels,
  });
}
