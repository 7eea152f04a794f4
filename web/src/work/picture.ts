// Draws sound: a mel spectrogram and the peaks of the waveform.
import { fft } from '../../../src/audio/fft.js';
import type { Picture } from './tasks.js';

const SIZE = 1024;
const HOP = 256;
const BANDS = 72;
const MOST_HZ = 8000;
const PEAK_SAMPLES = 64;
/** Decibels below the loudest that are drawn. */
const RANGE_DB = 65;

const toMel = (hz: number): number => 2595 * Math.log10(1 + hz / 700);
const fromMel = (mel: number): number => 700 * (10 ** (mel / 2595) - 1);

/** Bins of each band: its lower edge, center and upper edge. */
function bandEdges(sampleRate: number): number[] {
  const top = toMel(Math.min(MOST_HZ, sampleRate / 2));
  return Array.from({ length: BANDS + 2 }, (_, n) => (fromMel((top * n) / (BANDS + 1)) * SIZE) / sampleRate);
}

/** @param samples [S] */
export function pictureOf(samples: Float32Array, sampleRate: number): Picture {
  const frames = Math.ceil(samples.length / HOP) + 1;
  const edges = bandEdges(sampleRate);
  const levels = new Float32Array(frames * BANDS);
  const [re, im] = [new Float64Array(SIZE), new Float64Array(SIZE)];
  let loudest = Number.NEGATIVE_INFINITY;
  for (let t = 0; t < frames; t++) {
    const from = t * HOP - SIZE / 2;
    for (let i = 0; i < SIZE; i++) {
      re[i] = (samples[from + i] ?? 0) * (0.5 - 0.5 * Math.cos((2 * Math.PI * i) / SIZE));
      im[i] = 0;
    }
    fft(re, im);
    for (let band = 0; band < BANDS; band++) {
      const [low, center, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!];
      let power = 1e-10;
      for (let k = Math.floor(low); k <= Math.ceil(high) && k <= SIZE / 2; k++) {
        const share = k < center ? (k - low) / (center - low) : (high - k) / (high - center);
        // Narrow bands at the bottom lie between two bins: those take a part of the nearest.
        const weight = Math.max(share, high - low < 2 ? 0.25 : 0);
        power += weight * (re[k]! ** 2 + im[k]! ** 2);
      }
      const level = 10 * Math.log10(power);
      levels[t * BANDS + band] = level;
      loudest = Math.max(loudest, level);
    }
  }
  const mel = Uint8Array.from(
    levels,
    (level) => 255 * Math.min(1, Math.max(0, 1 + (level - loudest) / RANGE_DB)),
  );
  return {
    ...{ mel, bands: BANDS, frames, frameSeconds: HOP / sampleRate },
    ...{ peaks: peaksOf(samples), peakSeconds: PEAK_SAMPLES / sampleRate },
  };
}

function peaksOf(samples: Float32Array): Float32Array<ArrayBuffer> {
  const columns = Math.ceil(samples.length / PEAK_SAMPLES);
  const peaks = new Float32Array(columns * 2);
  for (let column = 0; column < columns; column++) {
    let [least, most] = [0, 0];
    const end = Math.min(samples.length, (column + 1) * PEAK_SAMPLES);
    for (let i = column * PEAK_SAMPLES; i < end; i++) {
      least = Math.min(least, samples[i]!);
      most = Math.max(most, samples[i]!);
    }
    peaks.set([least, most], column * 2);
  }
  return peaks;
}
