// Samples without a header: 16-bit PCM, and the 8-bit logarithmic codes of telephony (ITU-T G.711), which are
// too small for a package.
import { wavSamples } from '../wav.js';
import type { AudioEncoder } from './format.js';

/** Samples in [-1, 1] -> 16-bit integers; those beyond are clipped. */
export function toInt16(samples: Float32Array): Int16Array<ArrayBuffer> {
  const out = new Int16Array(samples.length);
  for (let i = 0; i < samples.length; i++)
    out[i] = Math.round(Math.min(1, Math.max(-1, samples[i]!)) * 0x7fff);
  return out;
}

/** G.711 mu-law: 14 bits of magnitude and sign in 8, segments of doubling steps, bits inverted. */
function mulawOf(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  const magnitude = Math.min(32635, Math.abs(sample)) + 132;
  const exponent = 31 - Math.clz32(magnitude) - 7;
  return ~(sign | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
}

/** G.711 A-law: 13 bits in 8; every other bit inverted. */
function alawOf(sample: number): number {
  const sign = sample >= 0 ? 0x80 : 0;
  const magnitude = (sample >= 0 ? sample : ~sample) >> 4; // 11 bits
  const exponent = magnitude < 32 ? 0 : 31 - Math.clz32(magnitude) - 4;
  const code = exponent === 0 ? magnitude : ((exponent + 1) << 4) | ((magnitude >> exponent) & 15);
  return (sign | code) ^ 0x55;
}

const LAWS = { mulaw: mulawOf, alaw: alawOf } as const;

/** Samples as they come, coded one by one. */
export function sampleEncoder(format: 'pcm' | 'mulaw' | 'alaw'): AudioEncoder {
  const encode = (samples: Float32Array): Uint8Array => {
    if (format === 'pcm') return wavSamples(samples, 'pcm16');
    const law = LAWS[format];
    return Uint8Array.from(toInt16(samples), law);
  };
  return { encode, finish: () => ({ bytes: new Uint8Array(0) }), [Symbol.dispose]: () => {} };
}
