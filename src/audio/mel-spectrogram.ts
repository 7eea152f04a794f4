// Samples -> mel, in float64 and in any form: what librosa and HiFi-GAN's own code give, to 1e-5.
import { shown, VoirsError } from '../errors.js';
import { Arena } from '../memory/arena.js';
import { AudioBuffer } from './audio-buffer.js';
import { Mel } from './mel.js';
import { framesIn, type MelForm, melForm } from './mel-form.js';
import { bandCorners } from './mel-scale.js';
import { Stft } from './stft.js';

/** A band's triangle over the bins from `first` on. */
export interface BandFilter {
  first: number;
  weights: Float64Array;
}

/** The bands of a form, as `librosa.filters.mel` makes them. */
export function bandFilters(form: MelForm): BandFilter[] {
  const { bands, fftSize, sampleRate, norm } = form;
  const corners = bandCorners(form);
  const bins = Math.floor(fftSize / 2) + 1;
  return Array.from({ length: bands }, (_, b) => {
    const [from, centre, to] = [corners[b]!, corners[b + 1]!, corners[b + 2]!];
    const height = norm === 'area' ? 2 / (to - from) : 1;
    const first = Math.min(bins, Math.max(0, Math.ceil((from * fftSize) / sampleRate)));
    const end = Math.min(bins, Math.floor((to * fftSize) / sampleRate) + 1);
    const weights = Float64Array.from({ length: Math.max(0, end - first) }, (_, k) => {
      const hz = ((first + k) * sampleRate) / fftSize;
      return height * Math.max(0, Math.min((hz - from) / (centre - from), (to - hz) / (to - centre)));
    });
    return { first, weights };
  });
}

/** What a band sees of a spectrum. */
export function bandOf(spectrum: Float64Array, { first, weights }: BandFilter): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! * spectrum[first + k]!;
  return sum;
}

/** A band's value as the form writes it. */
function written(value: number, { log, floor }: MelForm): number {
  if (log === 'none') return value;
  const raised = Math.max(floor, value);
  if (log === 'natural') return Math.log(raised);
  return log === 'decimal' ? Math.log10(raised) : 10 * Math.log10(raised);
}

/** The samples of one channel, and their rate where it is known. @throws VoirsError INVALID_AUDIO, INVALID_OPTIONS. */
export function monoSamples(
  audio: AudioBuffer | Float32Array,
  sampleRate: number,
  where: string,
): Float32Array {
  if (audio instanceof Float32Array) return audio;
  if (!(audio instanceof AudioBuffer)) {
    throw new VoirsError('INVALID_AUDIO', `${where} needs audio`, {
      got: shown(audio),
      wanted: 'an AudioBuffer, or a Float32Array of samples in [-1, 1]',
    });
  }
  if (audio.sampleRate !== sampleRate || audio.channels !== 1) {
    throw new VoirsError('INVALID_OPTIONS', 'The audio does not fit the form', {
      got: `${audio.sampleRate} Hz, ${audio.channels} channel(s)`,
      wanted: `${sampleRate} Hz, 1 channel`,
      suggestion: 'Convert it with resample() and toMono(), or state its rate in the form',
    });
  }
  return audio.samples;
}

/**
 * Audio -> mel [T, bands].
 * @param audio one channel; samples [S] without a rate are taken to have the form's.
 * @param form what is not given is HiFi-GAN's ({@link HIFIGAN_MEL}).
 * @param arena where the mel is leased; default: one of its own.
 * @throws VoirsError INVALID_AUDIO for what is no audio or too short, INVALID_OPTIONS for a form that cannot be, or that
 * the audio does not have.
 */
export function melSpectrogram(
  audio: AudioBuffer | Float32Array,
  form: Partial<MelForm> = {},
  { arena = new Arena() }: { arena?: Arena } = {},
): Mel {
  const whole = melForm(form);
  const { bands, power, epsilon, sampleRate } = whole;
  const samples = monoSamples(audio, sampleRate, 'melSpectrogram');
  const stft = new Stft(whole);
  const filters = bandFilters(whole);
  const spectrum = new Float64Array(stft.bins);
  const lease = arena.lease(framesIn(samples.length, whole) * bands);
  const values = lease.samples;
  try {
    stft.analyse(samples, (frame, re, im) => {
      for (let k = 0; k < spectrum.length; k++) {
        const squared = re[k]! ** 2 + im[k]! ** 2 + epsilon;
        spectrum[k] = power === 2 ? squared : Math.sqrt(squared);
      }
      for (let b = 0; b < bands; b++)
        values[frame * bands + b] = written(bandOf(spectrum, filters[b]!), whole);
    });
    return new Mel(lease, bands, whole);
  } catch (error) {
    lease.release();
    throw error;
  }
}
