// Options of single calls: their ranges and defaults, checked before anything runs.
import { VoirsError } from './errors.js';
import type { ProsodyOptions } from './prosody.js';

/** How a text is written. */
export type InputForm = 'text' | 'ssml';

/** Options of `synthesize` and `stream`. */
export interface SynthesisOptions {
  /** What the text is: plain text (default), or SSML 1.1. */
  input?: InputForm;
  /** Voice for this call only. */
  voice?: string;
  /** 0.5-2; default 1. */
  speakingRate?: number;
  /** Semitones, -12 to 12; default 0. */
  pitchShift?: number;
  /** dB, -20 to 20; default 0. Samples may then lie beyond [-1, 1]; WAV PCM clips them. */
  volumeGain?: number;
  /** Stops within one chunk and frees everything. */
  signal?: AbortSignal;
  /** Called as work gets done: a share in [0, 1]. */
  onProgress?: (done: number) => void;
}

/** Options of `prepare`. */
export type PrepareOptions = Pick<
  SynthesisOptions,
  'input' | 'voice' | 'speakingRate' | 'pitchShift' | 'signal'
>;

/** Options of `render`: rate and pitch stand in the utterance's tokens already. */
export type RenderOptions = Pick<SynthesisOptions, 'volumeGain' | 'signal' | 'onProgress'>;

const RANGES = { speakingRate: [0.5, 2], pitchShift: [-12, 12], volumeGain: [-20, 20] } as const;

function inRange(name: keyof typeof RANGES, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const [min, max] = RANGES[name];
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new VoirsError('INVALID_OPTIONS', `${name} is out of range`, {
      got: String(value),
      wanted: `a number from ${min} to ${max}`,
    });
  }
  return value;
}

/** @throws VoirsError INVALID_OPTIONS. */
export function prosodyOptions(options: SynthesisOptions): ProsodyOptions {
  return {
    speakingRate: inRange('speakingRate', options.speakingRate, 1),
    pitchShift: inRange('pitchShift', options.pitchShift, 0),
  };
}

/** dB -> factor. @throws VoirsError INVALID_OPTIONS. */
export function gainFactor(volumeGain: number | undefined): number {
  return 10 ** (inRange('volumeGain', volumeGain, 0) / 20);
}

/** @throws VoirsError INVALID_OPTIONS. */
export function inputForm({ input = 'text' }: Pick<SynthesisOptions, 'input'>): InputForm {
  if (input === 'text' || input === 'ssml') return input;
  throw new VoirsError('INVALID_OPTIONS', 'input is unknown', {
    got: JSON.stringify(input) ?? String(input),
    wanted: '"text" or "ssml"',
  });
}
