// The input and output maps of Toom-Cook F(6, 3) and F(4, 5), derived from their points; a pair of points +a,
// -a shares its even and its odd half.
import {
  monic,
  TOOM_PAIRS,
  TOOM_PLANES,
  TOOM_POINTS,
  toomOutputs,
} from '../../src/backends/wasm/transforms.js';
import { add, combine, type Maybe, scaledAdd, sub } from './codelet.js';
import type { ConvTransform, ForwardTransform } from './transform.js';

const forward: ForwardTransform = {
  name: 'toom',
  inputs: TOOM_PLANES,
  planes: TOOM_PLANES,
  forward(_codelet, rows, store) {
    // Plane of point p: the product of (x - q) over all other points q, its coefficients applied to the rows.
    store(0, combine(monic(TOOM_POINTS.slice(1)), rows)!);
    TOOM_PAIRS.forEach((a, pair) => {
      const others = monic(TOOM_POINTS.filter((p) => Math.abs(p) !== a));
      const low = combine(others, rows);
      const high = combine(others, rows.slice(1)); // times x
      store(1 + 2 * pair, scaledAdd(high, low, a)!);
      store(2 + 2 * pair, scaledAdd(high, low, -a)!);
    });
    store(TOOM_PLANES - 1, combine(monic(TOOM_POINTS), rows)!);
  },
};

export function toomCookConvolution(kernel: number): ConvTransform {
  const outputs = toomOutputs(kernel);
  return {
    name: `toom${kernel}`,
    forward,
    kernel,
    outputs,
    inverse(_codelet, planes, store) {
      const pairs = TOOM_PAIRS.map((a, pair) => {
        const [plus, minus] = [planes[1 + 2 * pair], planes[2 + 2 * pair]];
        return { a, even: add(plus, minus), odd: sub(plus, minus) };
      });
      for (let row = 0; row < outputs; row++) {
        // Row i takes p^i of every finite point; infinity counts for the last row only.
        let sum: Maybe = row === 0 ? planes[0] : undefined;
        for (const { a, even, odd } of pairs) sum = scaledAdd(sum, row % 2 ? odd : even, a ** row);
        if (row === outputs - 1) sum = add(sum, planes[TOOM_PLANES - 1]);
        store(row, sum!);
      }
    },
  };
}
