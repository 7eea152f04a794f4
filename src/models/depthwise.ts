// Convolutions of each channel alone, of TensorFlow.js's own operations: they are few, and no backend needs its own form.
import type { Tensor3D, Tensor4D } from '#tf';
import * as tf from '#tf';
import type { DepthwiseLayer } from './layers.js';

/** `same` padding: [1, N, C] -> [1, N, C]. */
export function depthwise(x: Tensor3D, { filter, bias, kernel }: DepthwiseLayer, dilation = 1): Tensor3D {
  const [, rows, channels] = x.shape;
  const reach = ((kernel - 1) / 2) * dilation;
  const padded = tf.pad<Tensor3D>(x, [
    [0, 0],
    [reach, reach],
    [0, 0],
  ]);
  if (dilation === 1) {
    const image = tf.reshape<tf.Rank.R4>(padded, [1, 1, rows + 2 * reach, channels]);
    const y = tf.depthwiseConv2d(image, filter.tensor as Tensor4D, 1, 'valid');
    return tf.add(tf.reshape<tf.Rank.R3>(y, [1, rows, channels]), bias.tensor);
  }
  // Not every backend's kernel dilates: one product for each tap.
  let sum: Tensor3D | undefined;
  for (let tap = 0; tap < kernel; tap++) {
    const slice = tf.slice(filter.tensor as Tensor4D, [0, tap, 0, 0], [1, 1, channels, 1]);
    const weight = tf.reshape<tf.Rank.R3>(slice, [1, 1, channels]);
    const part = tf.mul<Tensor3D>(tf.slice(padded, [0, tap * dilation, 0], [1, rows, channels]), weight);
    sum = sum ? tf.add<Tensor3D>(sum, part as tf.Tensor) : part;
  }
  return tf.add(sum!, bias.tensor);
}
