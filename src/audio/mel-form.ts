// How a mel spectrogram is made, with nothing left to convention: two programs that agree on a form make equal numbers.
import { optionNames, refuseOtherThan, refuseUnknown, shown, VoirsError } from '../errors.js';
import type { MelBands, MelScale } from './mel-scale.js';

/** Everything about a mel spectrogram but the samples. */
export interface MelForm extends MelBands {
  /** Hz. */
  sampleRate: number;
  /** Number of bands, B. */
  bands: number;
  /** Samples of a transform, N; a power of two is by far the fastest. */
  fftSize: number;
  /** Samples from one frame to the next. */
  hopSize: number;
  /** Samples of the Hann window, at most `fftSize`; it stands in the middle of the transform. */
  windowSize: number;
  /** Lowest and highest corner of the bands, Hz; `maxHz` is at least 1 above `minHz`, at most half the sample rate. */
  minHz: number;
  maxHz: number;
  /** Where the bands lie. */
  scale: MelScale;
  /** Height of a band's triangle: `area` gives each the area 1 over Hz (librosa's norm 'slaney'), `peak` the height 1. */
  norm: 'area' | 'peak';
  /** What is summed in a band: magnitudes (1) or their squares (2). */
  power: 1 | 2;
  /** Added to each squared magnitude. HiFi-GAN: 1e-9; librosa: 0. */
  epsilon: number;
  /**
   * Where frame t lies: `hop` centres it on hop t (T = floor(S / hopSize), HiFi-GAN), `centre` on sample t hopSize
   * (T = 1 + floor(S / hopSize), librosa's center=True), `inside` begins it there (no padding, center=False).
   */
  framing: 'hop' | 'centre' | 'inside';
  /** What lies beyond the ends: the samples mirrored, or silence. */
  edges: 'reflect' | 'zero';
  /** What is done to a band's value: natural or decimal logarithm, decibels (10 log10 of a power), or nothing. */
  log: 'natural' | 'decimal' | 'decibels' | 'none';
  /** Values below it are raised to it before the logarithm; not used without one. */
  floor: number;
}

/** HiFi-GAN's (jik876/hifi-gan, meldataset.py) at 22,050 Hz, which the shipped voices have too. */
export const HIFIGAN_MEL: Readonly<MelForm> = Object.freeze({
  sampleRate: 22_050,
  bands: 80,
  fftSize: 1024,
  hopSize: 256,
  windowSize: 1024,
  minHz: 0,
  maxHz: 8000,
  scale: 'slaney',
  norm: 'area',
  power: 1,
  epsilon: 1e-9,
  framing: 'hop',
  edges: 'reflect',
  log: 'natural',
  floor: 1e-5,
});

/** What librosa 0.11's `feature.melspectrogram(y)` makes by default: powers, no logarithm. */
export const LIBROSA_MEL: Readonly<MelForm> = Object.freeze({
  ...HIFIGAN_MEL,
  ...{ bands: 128, fftSize: 2048, hopSize: 512, windowSize: 2048, maxHz: 11_025 },
  ...{ power: 2, epsilon: 0, framing: 'centre', edges: 'zero', log: 'none' },
});

/** By field: least and most; whole numbers where marked. */
const RANGES: Readonly<Record<string, readonly [min: number, max: number, isWhole: boolean]>> = {
  sampleRate: [1000, 384_000, true],
  bands: [1, 65_536, true],
  fftSize: [2, 65_536, true],
  hopSize: [1, 65_536, true],
  windowSize: [1, 65_536, true],
  minHz: [0, 192_000, false],
  maxHz: [0, 192_000, false],
  epsilon: [0, 1, false],
  floor: [Number.MIN_VALUE, 1, false],
};

const CHOICES = {
  scale: ['slaney', 'htk'],
  norm: ['area', 'peak'],
  framing: ['hop', 'centre', 'inside'],
  edges: ['reflect', 'zero'],
  log: ['natural', 'decimal', 'decibels', 'none'],
} as const;

const FIELDS = optionNames<MelForm>({
  ...{ sampleRate: true, bands: true, fftSize: true, hopSize: true, windowSize: true, minHz: true },
  ...{ maxHz: true, scale: true, norm: true, power: true, epsilon: true, framing: true, edges: true },
  ...{ log: true, floor: true },
});

const bad = (field: string, got: unknown, wanted: string): VoirsError =>
  new VoirsError('INVALID_OPTIONS', `${field} of a mel form is wrong`, { got: shown(got), wanted });

/**
 * A form, whole: what is not given is HiFi-GAN's.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function melForm(given: Partial<MelForm> = {}): MelForm {
  refuseUnknown(given, FIELDS, 'a mel form');
  const stated = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const form: MelForm = { ...HIFIGAN_MEL, ...stated };
  const values = form as unknown as Record<string, unknown>;
  for (const [field, [min, max, isWhole]] of Object.entries(RANGES)) {
    const value = values[field];
    const isRight = typeof value === 'number' && value >= min && value <= max;
    if (!isRight || (isWhole && !Number.isInteger(value)))
      throw bad(field, value, `${isWhole ? 'an integer' : 'a number'} from ${min} to ${max}`);
  }
  for (const [field, choices] of Object.entries(CHOICES))
    refuseOtherThan(choices, values[field], `${field} of a mel form`);
  if (form.power !== 1 && form.power !== 2) throw bad('power', form.power, '1 or 2');
  if (form.windowSize > form.fftSize) throw bad('windowSize', form.windowSize, `at most ${form.fftSize}`);
  if (form.maxHz > form.sampleRate / 2 || form.maxHz < form.minHz + 1)
    throw bad('maxHz', form.maxHz, `1 or more above minHz (${form.minHz}), at most ${form.sampleRate / 2}`);
  const { framing, fftSize, hopSize } = form;
  if (framing === 'hop' && hopSize > fftSize) throw bad('hopSize', hopSize, `at most fftSize, ${fftSize}`);
  return form;
}

/** Samples that are put before the first: the frame of number t begins at t hopSize - this. */
export function samplesBefore({ framing, fftSize, hopSize }: MelForm): number {
  if (framing === 'inside') return 0;
  return framing === 'centre' ? Math.floor(fftSize / 2) : Math.floor((fftSize - hopSize) / 2);
}

/** T of `samples` samples. */
export function framesIn(samples: number, form: MelForm): number {
  const { fftSize, hopSize } = form;
  return Math.max(0, Math.floor((samples + 2 * samplesBefore(form) - fftSize) / hopSize) + 1);
}
