// If this fails, every weight of the shipped voices is slightly or entirely wrong: noise instead of speech.

import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from '../../src/checkpoints/half-float.js';

const test = suite('half-float');

/** binary16 by the definition, in arithmetic instead of bits. */
function decoded(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

test('reads each binary16 pattern as its definition says', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const values = float16ToFloat32(all);
  for (let i = 0; i < all.length; i++) {
    if (!Object.is(values[i], decoded(i))) assert.unreachable(`0x${i.toString(16)} gave ${values[i]}`);
  }
});

test('converts each 16-bit number to float32 and back, NaN payloads included', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, i) => i);
  const isQuietOrNumber = (half: number, fraction: number, quiet: number): boolean =>
    (half & 0x7fff) <= 0x7fff - fraction || (half & quiet) !== 0;
  const halves = float32ToFloat16(float16ToFloat32(all));
  const brains = float32ToBfloat16(bfloat16ToFloat32(all));
  for (let i = 0; i < all.length; i++) {
    if (isQuietOrNumber(i, 0x3ff, 0x200)) assert.is(halves[i], i);
    if (isQuietOrNumber(i, 0x7f, 0x40)) assert.is(brains[i], i);
  }
});

test('reads bfloat16 as the upper half of a float32', () => {
  const values = bfloat16ToFloat32(Uint16Array.of(0x3f80, 0xc000, 0x7f80, 0x0001, 0x8000));
  assert.equal([...values], [1, -2, Infinity, 2 ** -133, -0]);
  assert.ok(Number.isNaN(bfloat16ToFloat32(Uint16Array.of(0x7fc0))[0]));
});

test('rounds to the nearest binary16, ties to even, at each boundary', () => {
  for (let half = 0; half < 0x7bff; half++) {
    const low = decoded(half);
    const high = decoded(half + 1);
    const middle = (low + high) / 2; // exact: 12 significant bits
    const even = half % 2 === 0 ? half : half + 1;
    const below = Math.fround(middle - middle * 2 ** -23);
    const above = Math.fround(middle + middle * 2 ** -23);
    const got = float32ToFloat16(Float32Array.of(middle, -middle, below, above));
    if (got[0] !== even || got[1] !== (even | 0x8000) || got[2] !== half || got[3] !== half + 1) {
      assert.unreachable(`around 0x${half.toString(16)}: ${[...got]}`);
    }
  }
});

test('rounds to infinity from 65,520 on, and to zero below half a subnormal', () => {
  const below = Math.fround(65_519.99);
  const got = float32ToFloat16(
    Float32Array.of(65_504, below, 65_520, 1e30, -Infinity, 2 ** -25, 2 ** -24, -1e-30),
  );
  assert.equal([...got], [0x7bff, 0x7bff, 0x7c00, 0x7c00, 0xfc00, 0, 1, 0x8000]);
});

test('rounds to the nearest bfloat16, ties to even', () => {
  const bits = Uint32Array.of(0x3f808000, 0x3f818000, 0x3f808001, 0x3f807fff, 0x7f7fffff, 0xff800001);
  const got = float32ToBfloat16(new Float32Array(bits.buffer));
  assert.equal([...got.subarray(0, 5)], [0x3f80, 0x3f82, 0x3f81, 0x3f80, 0x7f80]);
  assert.ok((got[5]! & 0x7fff) > 0x7f80, 'a NaN must stay one');
});

test('rounds no float32 to a half when another is nearer', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, min: -65_000, max: 65_000 }), (value) => {
      const half = float32ToFloat16(Float32Array.of(value))[0]!;
      const error = Math.abs(decoded(half) - value);
      const magnitude = half & 0x7fff;
      const neighbours = [magnitude - 1, magnitude + 1].filter((m) => m >= 0 && m < 0x7c00);
      return neighbours.every((m) => error <= Math.abs(decoded((half & 0x8000) | m) - value));
    }),
    { numRuns: 2000 },
  );
});

test.run();
