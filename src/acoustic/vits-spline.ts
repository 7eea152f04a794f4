// The rational-quadratic splines of the stochastic duration predictor (arXiv 1906.04032), inverted: a monotonic curve in
// a box, the identity beyond it. On the host in float64, for one number a symbol.

const LEAST_SIZE = 1e-3;
const LEAST_SLOPE = 1e-3;

const softplus = (x: number): number => (x > 30 ? x : Math.log1p(Math.exp(x)));

/** Slope at the two ends, so that the curve joins the identity smoothly: least + softplus of this is 1. */
const END = Math.log(Math.exp(1 - LEAST_SLOPE) - 1);

/** Places of the K + 1 knots: softmax of the K sizes, none below the least, over [-bound, bound]. */
function knots(
  sizes: ArrayLike<number>,
  from: number,
  bins: number,
  gain: number,
  bound: number,
): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < bins; k++) most = Math.max(most, sizes[from + k]! * gain);
  const parts = Float64Array.from({ length: bins }, (_, k) => Math.exp(sizes[from + k]! * gain - most));
  const sum = parts.reduce((all, one) => all + one, 0);
  const places = new Float64Array(bins + 1);
  let place = 0;
  for (let k = 0; k < bins; k++) {
    place += LEAST_SIZE + (1 - LEAST_SIZE * bins) * (parts[k]! / sum);
    places[k + 1] = 2 * bound * place - bound;
  }
  places[0] = -bound;
  places[bins] = bound;
  return places;
}

/**
 * The input for which the spline gives `y`.
 * @param parameters from `at` on: K widths and K heights, both before the softmax, and the K - 1 slopes between bins.
 * @param gain on widths and heights.
 */
export function invertSpline(
  y: number,
  parameters: ArrayLike<number>,
  at: number,
  { bins, gain, bound }: { bins: number; gain: number; bound: number },
): number {
  if (!(y >= -bound && y <= bound)) return y;
  const xs = knots(parameters, at, bins, gain, bound);
  const ys = knots(parameters, at + bins, bins, gain, bound);
  let k = 0;
  while (k < bins - 1 && y >= ys[k + 1]!) k++;
  const slopeAt = (knot: number): number => {
    const isEnd = knot === 0 || knot === bins;
    return LEAST_SLOPE + softplus(isEnd ? END : parameters[at + 2 * bins + knot - 1]!);
  };
  const [width, height] = [xs[k + 1]! - xs[k]!, ys[k + 1]! - ys[k]!];
  const [left, right, mean] = [slopeAt(k), slopeAt(k + 1), height / width];
  // The root of a t^2 + b t + c in [0, 1], in the form that loses no digits.
  const over = y - ys[k]!;
  const bend = over * (left + right - 2 * mean);
  const a = height * (mean - left) + bend;
  const b = height * left - bend;
  const c = -mean * over;
  const root = (2 * c) / (-b - Math.sqrt(Math.max(0, b * b - 4 * a * c)));
  return root * width + xs[k]!;
}
