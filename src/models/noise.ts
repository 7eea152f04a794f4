// Noise of a seeded generator, any value of which can be made alone: runs repeat, and a stretch of frames made by itself
// gets the noise that it has in the whole.

/** lowbias32, a hash whose output bits are as good as random. */
function hash(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A seed that depends on every token: sentences differ, and one sentence always gets the same. */
export function seedOf(tokens: ArrayLike<number>): number {
  let seed = hash(tokens.length);
  for (let i = 0; i < tokens.length; i++) seed = hash(seed ^ hash(tokens[i]! + i));
  return seed;
}

/** Standard normal values number [from, from + out.length) of a seed, times `scale`, by Box and Muller, in pairs. */
export function fillNormal(out: Float32Array, seed: number, from: number, scale: number): void {
  if (scale === 0) {
    out.fill(0);
    return;
  }
  for (let i = 0; i < out.length; ) {
    const at = from + i;
    const pair = at - (at % 2);
    const radius = Math.sqrt(-2 * Math.log((hash(seed ^ hash(pair)) + 1) / 2 ** 32)) * scale;
    const angle = (2 * Math.PI * hash(seed ^ hash(pair + 1))) / 2 ** 32;
    if (at === pair) out[i++] = radius * Math.cos(angle);
    if (i < out.length) out[i++] = radius * Math.sin(angle);
  }
}
