// Short-time Fourier transform: overlapping frames of a signal as spectra, and spectra as a signal again.
import { VoirsError } from '../errors.js';
import { fft } from './fft.js';
import { framesIn, type MelForm, samplesBefore } from './mel-form.js';

/** The periodic Hann window of the form, in the middle of [fftSize]. */
export function windowOf({ fftSize, windowSize }: MelForm): Float64Array {
  const window = new Float64Array(fftSize);
  const from = Math.floor((fftSize - windowSize) / 2);
  for (let n = 0; n < windowSize; n++)
    window[from + n] = 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowSize);
  return window;
}

/** Frames of a signal, and back. Bins are those from 0 Hz to half the sample rate, K = fftSize / 2 + 1. */
export class Stft {
  readonly bins: number;
  private readonly window: Float64Array;
  private readonly re: Float64Array;
  private readonly im: Float64Array;

  constructor(private readonly form: MelForm) {
    const { fftSize } = form;
    this.bins = Math.floor(fftSize / 2) + 1;
    this.window = windowOf(form);
    this.re = new Float64Array(fftSize);
    this.im = new Float64Array(fftSize);
  }

  /**
   * The spectrum of each frame in turn; `re` and `im` [fftSize] are valid until `use` returns.
   * @throws VoirsError INVALID_AUDIO for samples too few to be mirrored, or to be a frame.
   */
  analyse(
    samples: Float32Array | Float64Array,
    use: (frame: number, re: Float64Array, im: Float64Array) => void,
  ): void {
    const { form, window, re, im } = this;
    const { fftSize, hopSize, edges } = form;
    const before = samplesBefore(form);
    const { length } = samples;
    const least = Math.max(1, fftSize - 2 * before, edges === 'reflect' ? before + 1 : 1);
    if (length < least) {
      throw new VoirsError('INVALID_AUDIO', 'The audio is too short for a spectrogram', {
        got: `${length} samples`,
        wanted: `at least ${least}`,
        suggestion: "Add silence, or use edges: 'zero'",
      });
    }
    for (let frame = 0, count = framesIn(length, form); frame < count; frame++) {
      const start = frame * hopSize - before;
      for (let n = 0; n < fftSize; n++) {
        let at = start + n;
        if (edges === 'reflect') {
          if (at < 0) at = -at;
          if (at >= length) at = 2 * (length - 1) - at;
        }
        re[n] = at < 0 || at >= length ? 0 : samples[at]! * window[n]!;
      }
      im.fill(0);
      fft(re, im);
      use(frame, re, im);
    }
  }

  /**
   * Spectra as the signal that is nearest to them (Griffin and Lim 1984, equation 6): windowed overlap-add, divided by
   * the sum of the squared windows. `fill` writes bins [0, K) of a frame into `re` and `im`.
   */
  synthesise(
    frames: number,
    samples: number,
    fill: (frame: number, re: Float64Array, im: Float64Array) => void,
  ): Float64Array {
    const { form, window, re, im } = this;
    const { fftSize, hopSize } = form;
    const before = samplesBefore(form);
    const out = new Float64Array(samples);
    const weight = new Float64Array(samples);
    for (let frame = 0; frame < frames; frame++) {
      fill(frame, re, im);
      for (let k = this.bins; k < fftSize; k++) {
        re[k] = re[fftSize - k]!;
        im[k] = -im[fftSize - k]!;
      }
      fft(im, re); // the inverse, but for 1 / N
      const start = frame * hopSize - before;
      for (let n = Math.max(0, -start); n < fftSize && start + n < samples; n++) {
        out[start + n]! += (re[n]! * window[n]!) / fftSize;
        weight[start + n]! += window[n]! ** 2;
      }
    }
    for (let n = 0; n < samples; n++) if (weight[n]! > 1e-8) out[n]! /= weight[n]!;
    return out;
  }
}
