// Figures of a sound: how long, how loud, how bright, where it is silent.
import { optionNames, refuseUnknown } from '../errors.js';
import { type AudioBuffer, mustBeAudio } from './audio-buffer.js';
import { fft } from './fft.js';
import { integratedLoudness, truePeak } from './loudness.js';
import { framesOf, rmsOf, silenceLevel, silentRuns } from './operations.js';

export interface AnalyzeOptions {
  /** dB below full scale, -120 to 0; sound below it counts as silent. Default -50. */
  silenceThresholdDb?: number;
  /** Shortest silence that counts, in seconds. Default 0.1. */
  minSilenceSeconds?: number;
}

/** Seconds from the start of the audio. */
export interface SilenceRegion {
  start: number;
  end: number;
}

export interface AudioAnalysis {
  /** Seconds. */
  duration: number;
  /** Root mean square, linear. */
  rmsEnergy: number;
  /**
   * LUFS, ITU-R BS.1770-4 with EBU R128's gates. Absent for less than 0.4 s and where nothing is above -70
   * LUFS.
   */
  integratedLufs?: number;
  /**
   * dBTP: the largest level, also between samples, estimated at four times the rate. Absent for pure silence.
   */
  truePeakDbtp?: number;
  /** Share of neighbouring samples of opposite sign, 0 to 1: a tone of f Hz has 2 f / sample rate. */
  zeroCrossingRate: number;
  /**
   * Hz: the mean frequency, weighted by magnitude summed over the whole audio, so that loud parts count most.
   * Absent where there is no sound.
   */
  spectralCentroid?: number;
  /** In order; silent in every channel. */
  silenceRegions: SilenceRegion[];
}

const OPTIONS = optionNames<AnalyzeOptions>({ silenceThresholdDb: true, minSilenceSeconds: true });

/** @throws VoirsError INVALID_AUDIO for anything but an AudioBuffer, INVALID_OPTIONS, DISPOSED. */
export function analyzeAudio(audio: AudioBuffer, options: AnalyzeOptions = {}): AudioAnalysis {
  mustBeAudio(audio, 'analyzeAudio');
  refuseUnknown(options, OPTIONS, 'analyzeAudio');
  const { silenceThresholdDb = -50, minSilenceSeconds = 0.1 } = options;
  const { samples, channels, sampleRate } = audio;
  const level = silenceLevel(silenceThresholdDb);
  const shortest = framesOf(minSilenceSeconds, 'minSilenceSeconds', {
    sampleRate,
    frames: Number.POSITIVE_INFINITY,
  });
  const centroid = centroidOf(magnitudes(samples, channels), sampleRate);
  const lufs = integratedLoudness(samples, channels, sampleRate);
  const peak = truePeak(samples, channels);
  return {
    duration: audio.duration,
    rmsEnergy: rmsOf(samples),
    ...(lufs === undefined ? {} : { integratedLufs: lufs }),
    ...(peak > 0 ? { truePeakDbtp: 20 * Math.log10(peak) } : {}),
    zeroCrossingRate: zeroCrossings(samples, channels),
    ...(centroid === undefined ? {} : { spectralCentroid: centroid }),
    silenceRegions: silentRuns(samples, channels, level, shortest).map(({ start, end }) => ({
      start: start / sampleRate,
      end: end / sampleRate,
    })),
  };
}

/** Zero counts as positive. */
function zeroCrossings(samples: Float32Array, channels: number): number {
  const pairs = samples.length - channels;
  if (pairs <= 0) return 0;
  let crossings = 0;
  for (let i = channels; i < samples.length; i++) {
    if (samples[i]! < 0 !== samples[i - channels]! < 0) crossings++;
  }
  return crossings / pairs;
}

function centroidOf(spectrum: Float64Array, sampleRate: number): number | undefined {
  let weighted = 0;
  let total = 0;
  spectrum.forEach((magnitude, bin) => {
    weighted += magnitude * ((bin * sampleRate) / WINDOW);
    total += magnitude;
  });
  return total > 0 ? weighted / total : undefined;
}

/** Samples of a window. */
const WINDOW = 1024;
const BINS = WINDOW / 2 + 1;

const HANN = Float64Array.from(
  { length: WINDOW },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW),
);

/**
 * Magnitudes [513] from 0 Hz to half the sample rate, summed over Hann windows of 1,024 samples, half of them
 * new in each, and over channels; beyond either end the audio counts as silent.
 * @param samples [S] or [S, channels] interleaved.
 */
function magnitudes(samples: Float32Array, channels: number): Float64Array {
  const sum = new Float64Array(BINS);
  const re = new Float64Array(WINDOW);
  const im = new Float64Array(WINDOW);
  const frames = samples.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    for (let start = -WINDOW / 2; start < frames; start += WINDOW / 2) {
      for (let n = 0; n < WINDOW; n++) {
        re[n] = (samples[(start + n) * channels + channel] ?? 0) * HANN[n]!;
      }
      im.fill(0);
      fft(re, im);
      for (let bin = 0; bin < BINS; bin++) sum[bin]! += Math.hypot(re[bin]!, im[bin]!);
    }
  }
  return sum;
}
