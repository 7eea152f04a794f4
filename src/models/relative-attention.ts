// Attention that knows how far apart two positions are. Both forms score a query against a table of distances and then
// shift the rows of scores by distance into rows by position (arXiv 1901.02860, appendix B), which is a reshape.
//
// N positions, d channels of a head, W window.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';

/**
 * Scores by distance as scores by position: [1, N, 2 N] -> [1, N, N].
 * @param byDistance column c of row i is for the key at i + c - N; column 0, which no key has, is dropped.
 */
export function scoresByPosition(byDistance: Tensor3D): Tensor3D {
  const rows = byDistance.shape[1];
  const turned = tf.reshape<tf.Rank.R3>(byDistance, [1, 2 * rows, rows]);
  const shifted = tf.reshape<tf.Rank.R3>(tf.slice(turned, [0, 1, 0], [1, 2 * rows - 1, rows]), [
    ...[1, rows, 2 * rows - 1],
  ] as [number, number, number]);
  return tf.slice(shifted, [0, 0, 0], [1, rows, rows]);
}

/**
 * Scores of the positions within the window, as scores of all: [1, N, 2 W + 1] -> [1, N, N], zero beyond the window.
 * @param near column c of row i is for the key at i + c - W.
 */
export function scoresWithinWindow(near: Tensor3D, window: number): Tensor3D {
  const rows = near.shape[1];
  const reach = Math.min(window, rows - 1);
  const seen = tf.slice(near, [0, 0, window - reach], [1, rows, 2 * reach + 1]);
  // Distance j - i from -(N - 1) to N - 1 after one column of zeros.
  const side = rows - 1 - reach;
  return scoresByPosition(
    tf.pad<Tensor3D>(seen, [
      [0, 0],
      [0, 0],
      [side + 1, side],
    ]),
  );
}

/**
 * The other way round: weights by position [1, N, N] -> those within the window, [1, N, 2 W + 1], zero where a row has
 * no such position.
 */
export function weightsWithinWindow(weights: Tensor3D, window: number): Tensor3D {
  const rows = weights.shape[1];
  const reach = Math.min(window, rows - 1);
  // Row i of length 2 N - 1 begins i columns further to the right once N zeros stand before all of them.
  const wide = tf.pad<Tensor3D>(weights, [
    [0, 0],
    [0, 0],
    [0, rows - 1],
  ]); // [1, N, 2 N - 1]
  const flat = tf.pad<Tensor3D>(tf.reshape<tf.Rank.R3>(wide, [1, 1, rows * (2 * rows - 1)]), [
    [0, 0],
    [0, 0],
    [rows, 0],
  ]);
  const byDistance = tf.reshape<tf.Rank.R3>(flat, [1, rows, 2 * rows]);
  const seen = tf.slice(byDistance, [0, 0, rows - reach], [1, rows, 2 * reach + 1]);
  const side = window - reach;
  return side === 0
    ? seen
    : tf.pad<Tensor3D>(seen, [
        [0, 0],
        [0, 0],
        [side, side],
      ]);
}
