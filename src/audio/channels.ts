// Mono and stereo, into samples that are given: what is leased stays the caller's business.

/** [S, 2] interleaved -> [S]: the mean of both sides. */
export function mixDown(stereo: Float32Array, mono: Float32Array): void {
  for (let i = 0; i < mono.length; i++) mono[i] = (stereo[2 * i]! + stereo[2 * i + 1]!) / 2;
}

/** [S] -> [S, 2] interleaved: the same on both sides. */
export function spread(mono: Float32Array, stereo: Float32Array): void {
  for (let i = 0; i < mono.length; i++) {
    stereo[2 * i] = mono[i]!;
    stereo[2 * i + 1] = mono[i]!;
  }
}
