// Which build of the kernels this runtime can load: relaxed SIMD (V8 from Node 22 and Chrome 114 on) has the multiply-add
// as one instruction, 1.18 to 1.24 times as fast on Node 22 (docs/kernels.md); plain SIMD runs everywhere else.

/** How multiply-adds are computed: in two roundings, or in one where the processor has the instruction. */
export type Arithmetic = 'plain' | 'relaxed';

/** Bytes of the smallest module with an f32x4.relaxed_madd: valid exactly where there is relaxed SIMD. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32,
  1, 32, 2, 253, 133, 2, 11,
]);

export function fastestArithmetic(): Arithmetic {
  return WebAssembly.validate(RELAXED_PROBE) ? 'relaxed' : 'plain';
}
