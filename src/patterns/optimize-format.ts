// Makes audio fit a size in memory and states what it gave up for it: the guide's optimize_audio_format.
import { type AudioBuffer, mustBeAudio } from '../audio/audio-buffer.js';
import { shown, VoirsError } from '../errors.js';

/** What was given up: nothing, the sample rate, or a channel. */
export type FormatChange = 'unchanged' | 'resampled' | 'mono';

export interface OptimizedAudio {
  /** The audio given when unchanged; otherwise a new buffer. The caller disposes both. */
  audio: AudioBuffer;
  change: FormatChange;
  /** Bytes of float32 samples. */
  bytesBefore: number;
  bytesAfter: number;
  /** Whether `bytesAfter` is within the target; the one step that is taken may not be enough. */
  fits: boolean;
  /** What was done and why, as a sentence. */
  summary: string;
}

const MIB = 2 ** 20;
/** Hz; no rate above it is chosen. */
const HIGHEST_RATE = 22050;

/**
 * Makes audio smaller in memory, by one step: when more than half of it would fit, a sample rate lower by
 * that share, at most 22,050 Hz; else mono when it is stereo; else nothing.
 * @param targetSizeMb MiB (2^20 bytes) of float32 samples, above 0; default 1.
 * @throws VoirsError INVALID_AUDIO for anything but an AudioBuffer, INVALID_OPTIONS, DISPOSED, MEMORY_ERROR.
 */
export async function optimizeAudioFormat(audio: AudioBuffer, targetSizeMb = 1): Promise<OptimizedAudio> {
  mustBeAudio(audio, 'optimizeAudioFormat');
  if (!(typeof targetSizeMb === 'number' && targetSizeMb > 0 && Number.isFinite(targetSizeMb))) {
    throw new VoirsError('INVALID_OPTIONS', 'Bad target size', {
      got: shown(targetSizeMb),
      wanted: 'MiB, above 0',
    });
  }
  const bytes = audio.samples.length * 4;
  const target = targetSizeMb * MIB;
  const result = (change: FormatChange, now: AudioBuffer, what: string): OptimizedAudio => {
    const bytesAfter = now.samples.length * 4;
    const sizes = `${inMib(bytes)} to ${inMib(bytesAfter)} MiB`;
    const fits = bytesAfter <= target;
    const summary = `${what}: ${sizes}, ${fits ? 'within' : 'still over'} ${inMib(target)} MiB`;
    return { audio: now, change, bytesBefore: bytes, bytesAfter, fits, summary };
  };
  if (bytes <= target) return result('unchanged', audio, 'It fits as it is');
  const ratio = target / bytes;
  if (ratio > 0.5) {
    const rate = Math.min(Math.trunc(audio.sampleRate * ratio), HIGHEST_RATE);
    return result(
      'resampled',
      await audio.resample(rate),
      `Resampled from ${audio.sampleRate} to ${rate} Hz`,
    );
  }
  if (audio.channels > 1) return result('mono', audio.toMono(), 'Mixed down to mono');
  return result('unchanged', audio, 'It cannot be made that small without losing too much');
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(2);
}
