// Mel -> samples without a model: the yardstick that any vocoder must beat.
import { optionNames, refuseNonSignal, refuseUnknown, shown, throwIfAborted, VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import { Arena } from '../memory/arena.js';
import { AudioBuffer } from './audio-buffer.js';
import { type Mel, mustBeMel } from './mel.js';
import { type MelForm, melForm, samplesBefore } from './mel-form.js';
import { type BandFilter, bandFilters, bandOf } from './mel-spectrogram.js';
import { Stft } from './stft.js';

export interface GriffinLimOptions {
  /** How the mel was made; default: what the mel says, else HiFi-GAN's. */
  form?: Partial<MelForm> | undefined;
  /** Rounds, 1 to 1000; default 32. */
  iterations?: number | undefined;
  /** Of the accelerated algorithm (Perraudin, Balazs and Søndergaard 2013), 0 to 1; default 0.99. 0 is the original. */
  momentum?: number | undefined;
  /** Where the samples are leased; default: one of its own. */
  arena?: Arena | undefined;
  /** Stops after the round under way. */
  signal?: AbortSignal | undefined;
}

const OPTIONS = optionNames<GriffinLimOptions>({
  ...{ form: true, iterations: true, momentum: true, arena: true, signal: true },
});

/** Rounds of the bands' inversion; more change the result by less than the bands' own blur. */
const INVERSION_ROUNDS = 20;

/**
 * Mel [T, bands] -> audio: magnitudes from the bands (non-negative least squares by Lee and Seung's updates), then phases
 * that fit each other (Griffin and Lim 1984). The event loop turns after each round. The same mel is the same audio.
 * @returns T hopSize samples of a mel whose framing is `hop`. The caller disposes them.
 * @throws VoirsError INVALID_OPTIONS, DISPOSED, ABORTED, MEMORY_ERROR.
 */
export async function griffinLim(mel: Mel, options: GriffinLimOptions = {}): Promise<AudioBuffer> {
  mustBeMel(mel, 'griffinLim');
  refuseUnknown(options, OPTIONS, 'griffinLim');
  const { iterations = 32, momentum = 0.99, arena = new Arena(), signal } = options;
  refuseNonSignal(signal);
  if (!Number.isInteger(iterations) || !(iterations >= 1 && iterations <= 1000)) {
    throw new VoirsError('INVALID_OPTIONS', 'iterations is out of range', {
      got: shown(iterations),
      wanted: 'an integer from 1 to 1000',
    });
  }
  if (!(momentum >= 0 && momentum <= 1)) {
    throw new VoirsError('INVALID_OPTIONS', 'momentum is out of range', {
      got: shown(momentum),
      wanted: 'a number from 0 to 1',
    });
  }
  const form = melForm({ ...mel.form, bands: mel.bands, ...options.form });
  const { frames } = mel;
  const stft = new Stft(form);
  const magnitudes = magnitudesOf(mel.values, frames, form, stft.bins);
  const samples = (frames - 1) * form.hopSize + form.fftSize - 2 * samplesBefore(form);
  const spectra = new Spectra(frames, stft.bins, form);
  let signalNow = spectra.signalOf(stft, magnitudes, samples);
  for (let round = 0; round < iterations; round++) {
    await host.nextTask();
    throwIfAborted(signal);
    spectra.fitTo(stft, signalNow, momentum);
    signalNow = spectra.signalOf(stft, magnitudes, samples);
  }
  const lease = arena.lease(samples);
  lease.samples.set(signalNow);
  return new AudioBuffer(lease, form.sampleRate, { words: [], marks: [] });
}

/** Mel [T, bands] -> magnitudes [T, K]. */
function magnitudesOf(mel: Float32Array, frames: number, form: MelForm, bins: number): Float64Array {
  const filters = bandFilters(form);
  const { bands, power } = form;
  const spread = new Float64Array(bins);
  adjoint(filters, new Float64Array(bands).fill(1), spread);
  const result = new Float64Array(frames * bins);
  const wanted = new Float64Array(bands);
  const seen = new Float64Array(bands);
  const target = new Float64Array(bins);
  const now = new Float64Array(bins);
  for (let t = 0; t < frames; t++) {
    for (let b = 0; b < bands; b++) wanted[b] = unwritten(mel[t * bands + b]!, form);
    adjoint(filters, wanted, target);
    const x = target.map((value, k) => (spread[k]! > 0 ? value / spread[k]! : 0));
    for (let round = 0; round < INVERSION_ROUNDS; round++) {
      for (let b = 0; b < bands; b++) seen[b] = bandOf(x, filters[b]!);
      adjoint(filters, seen, now);
      for (let k = 0; k < bins; k++) if (now[k]! > 0) x[k]! *= target[k]! / now[k]!;
    }
    for (let k = 0; k < bins; k++) result[t * bins + k] = power === 2 ? Math.sqrt(x[k]!) : x[k]!;
  }
  return result;
}

/** Bands -> bins, each band by its triangle. */
function adjoint(filters: readonly BandFilter[], values: Float64Array, into: Float64Array): void {
  into.fill(0);
  for (let b = 0; b < filters.length; b++) {
    const { first, weights } = filters[b]!;
    for (let k = 0; k < weights.length; k++) into[first + k]! += weights[k]! * values[b]!;
  }
}

function unwritten(value: number, { log }: MelForm): number {
  if (log === 'none') return value;
  if (log === 'natural') return Math.exp(value);
  return 10 ** (log === 'decimal' ? value : value / 10);
}

/** The phases of all frames, as unit numbers [T, K]. */
class Spectra {
  private readonly re: Float64Array;
  private readonly im: Float64Array;
  private readonly lastRe: Float64Array;
  private readonly lastIm: Float64Array;

  /** Each bin begins as a tone of its own frequency, which runs on from frame to frame. */
  constructor(
    private readonly frames: number,
    private readonly bins: number,
    { hopSize, fftSize }: MelForm,
  ) {
    const at = (of: (angle: number) => number): Float64Array =>
      Float64Array.from({ length: frames * bins }, (_, i) => {
        const turns = (((i % bins) * hopSize) / fftSize) * Math.floor(i / bins) + 0.381966 * (i % bins) ** 2;
        return of(2 * Math.PI * (turns % 1));
      });
    this.re = at(Math.cos);
    this.im = at(Math.sin);
    this.lastRe = new Float64Array(frames * bins);
    this.lastIm = new Float64Array(frames * bins);
  }

  /** The signal nearest to the magnitudes with these phases. */
  signalOf(stft: Stft, magnitudes: Float64Array, samples: number): Float64Array {
    const { bins, frames } = this;
    return stft.synthesise(frames, samples, (frame, re, im) => {
      for (let k = 0, at = frame * bins; k < bins; k++, at++) {
        re[k] = magnitudes[at]! * this.re[at]!;
        im[k] = magnitudes[at]! * this.im[at]!;
      }
    });
  }

  /** Takes the phases of the signal's own spectra, carried on in the direction in which they moved. */
  fitTo(stft: Stft, signal: Float64Array, momentum: number): void {
    const { bins, frames } = this;
    stft.analyse(signal, (frame, re, im) => {
      if (frame >= frames) return;
      for (let k = 0, at = frame * bins; k < bins; k++, at++) {
        const x = re[k]! + momentum * (re[k]! - this.lastRe[at]!);
        const y = im[k]! + momentum * (im[k]! - this.lastIm[at]!);
        this.lastRe[at] = re[k]!;
        this.lastIm[at] = im[k]!;
        const length = Math.hypot(x, y) || 1;
        this.re[at] = x / length;
        this.im[at] = y / length;
      }
    });
  }
}
