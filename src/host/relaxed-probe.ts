// Finds out whether the runtime has relaxed SIMD.

/** Bytes of the smallest module with an f32x4.relaxed_madd: valid exactly where there is relaxed SIMD. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 1, 96, 3, 123, 123, 123, 1, 123, 3, 2, 1, 0, 10, 13, 1, 11, 0, 32, 0, 32,
  1, 32, 2, 253, 133, 2, 11,
]);

/** Whether a module with relaxed SIMD is valid now, with the flags that are set now. */
export const hasRelaxedSimd = (): boolean => WebAssembly.validate(RELAXED_PROBE);
