// What a speaker's embedding adds to a layer of VITS, the same in every row: a small matrix, so on the host.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { LayerReader } from '../models/layers.js';

/** weight [C, G] of the speaker's embedding [G], and bias [C]. */
export class SpeakerProjection {
  private readonly weight: Float32Array;
  private readonly bias: Float32Array;

  constructor(
    read: LayerReader,
    name: string,
    private readonly rows: number,
    columns: number,
  ) {
    this.weight = read.table(`${name}.weight`, rows, columns).data;
    this.bias = read.table(`${name}.bias`, rows).data;
  }

  /** Rows [from, to) times `gain`, [1, 1, to - from]; undefined where nobody speaks. */
  tensor(
    speaker: Float32Array | undefined,
    { from = 0, to = this.rows, gain = 1 }: { from?: number; to?: number; gain?: number } = {},
  ): Tensor3D | undefined {
    if (!speaker) return undefined;
    const values = new Float32Array(to - from);
    for (let row = from; row < to; row++) {
      let sum = this.bias[row]!;
      for (let i = 0; i < speaker.length; i++) sum += this.weight[row * speaker.length + i]! * speaker[i]!;
      values[row - from] = sum * gain;
    }
    return tf.tensor3d(values, [1, 1, to - from]);
  }
}
