// How alike two sounds are, for speech that need not be equal to the last bit.
import * as assert from 'uvu/assert';

/** Decibels of signal over difference; they must be of one length. */
export function snr(signal: Float32Array, other: Float32Array): number {
  assert.is(other.length, signal.length);
  let power = 0;
  let noise = 0;
  for (let i = 0; i < signal.length; i++) {
    power += signal[i]! ** 2;
    noise += (signal[i]! - other[i]!) ** 2;
  }
  return 10 * Math.log10(power / noise);
}
