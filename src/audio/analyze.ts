// Figures of a sound: how long, how loud, how bright, where it is silent.
import type { AudioBuffer } from './audio-buffer.js';
import { framesOf } from './audio-options.js';
import { silenceLevel, silentRuns } from './edges.js';
import { rmsOf } from './levels.js';
import { integratedLoudness } from './loudness.js';
import { magnitudes, WINDOW } from './spectrum.js';
import { truePeak } from './true-peak.js';

export interface AnalyzeOptions {
  /** dB below full scale, -120 to 0; what stays below it is silence. Default -50. */
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
  /** LUFS, ITU-R BS.1770-4 with EBU R128's gates. Absent for less than 0.4 s and where nothing is above -70 LUFS. */
  integratedLufs?: number;
  /** dBTP: the largest level, also between samples, estimated at four times the rate. Absent for pure silence. */
  truePeakDbtp?: number;
  /** Share of neighbouring samples of opposite sign, 0 to 1: a tone of f Hz has 2 f / sample rate. */
  zeroCrossingRate: number;
  /**
   * Hz: the mean frequency, weighted by magnitude summed over the whole audio, so that loud parts count most. Absent
   * where there is no sound.
   */
  spectralCentroid?: number;
  /** In order; silent in every channel. */
  silenceRegions: SilenceRegion[];
}

/** @throws VoirsError INVALID_OPTIONS, DISPOSED. */
export function analyzeAudio(
  audio: AudioBuffer,
  { silenceThresholdDb = -50, minSilenceSeconds = 0.1 }: AnalyzeOptions = {},
): AudioAnalysis {
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
