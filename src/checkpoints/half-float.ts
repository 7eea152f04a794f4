// Weights ship as 16-bit floats and are computed in 32: these turn millions of one into the other.

/** The float32 of every binary16, as bits: for ten million, looking up takes a quarter of computing. */
let singles: Uint32Array | undefined;

function allSingles(): Uint32Array {
  const out = new Float32Array(0x10000);
  const bits = new Uint32Array(out.buffer);
  for (let half = 0; half < 0x10000; half++) {
    const magnitude = half & 0x7fff;
    const sign = (half & 0x8000) << 16;
    if (magnitude >= 0x7c00) bits[half] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
    else if (magnitude >= 0x400) {
      bits[half] = sign | ((magnitude + 0x1c000) << 13); // the exponent's bias goes from 15 to 127
    } else {
      out[half] = sign === 0 ? magnitude * 2 ** -24 : -magnitude * 2 ** -24;
    }
  }
  return bits;
}

/** IEEE binary16 bit patterns to float32, exactly: subnormals, infinities and NaN payloads included. */
export function float16ToFloat32(
  halves: Uint16Array,
  out: Float32Array = new Float32Array(halves.length),
): Float32Array {
  singles ??= allSingles();
  const bits = new Uint32Array(out.buffer, out.byteOffset, halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = singles[halves[i]!]!;
  return out;
}

/** bfloat16 bit patterns to float32: the upper half of the same number. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** float32 to binary16 bit patterns, rounding to nearest even; above 65,519.99 becomes infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i]!;
    const bits = scratchBits[0]!;
    const magnitude = bits & 0x7fffffff;
    const sign = (bits >>> 16) & 0x8000;
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
    else if (magnitude >= 0x477ff000) out[i] = sign | 0x7c00;
    else if (magnitude < 0x38800000) {
      // Subnormal: a count of 2^-24 steps. Adding 2^52 leaves no fraction bits, so it rounds to even.
      out[i] = sign | (Math.abs(values[i]!) * 2 ** 24 + 2 ** 52 - 2 ** 52);
    } else {
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      out[i] = sign | ((rounded - 0x38000000) >>> 13);
    }
  }
  return out;
}

/** float32 to bfloat16 bit patterns, rounding to nearest even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i]!;
    const bits = scratchBits[0]!;
    if ((bits & 0x7fffffff) > 0x7f800000)
      out[i] = (bits >>> 16) | 0x40; // stays a NaN whatever is cut off
    else out[i] = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}
