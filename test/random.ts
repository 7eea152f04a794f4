// Numbers for tests that must be the same in every run.

/** `length` numbers from -scale to scale (a linear congruential generator). */
export function random(length: number, seed: number, scale = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return scale * (state / 2 ** 31 - 1);
  });
}
