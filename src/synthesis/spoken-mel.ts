// What an acoustic model makes of a text, handed out: mel and F0 per frame, and the numbers per token they follow from.
import type { NdArray } from 'ndarray';
import { Mel } from '../audio/mel.js';
import type { MelForm } from '../audio/mel-form.js';
import { ndarrayOf } from '../audio/ndarray-view.js';
import type { RowRange } from '../backends/ops.js';
import type { Arena } from '../memory/arena.js';
import type { TokenProsody } from '../models/model.js';

/** Where a sentence stands, half-open: the sum of its tokens' durations is the number of its frames. */
export interface MelSentence {
  frames: RowRange;
  tokens: RowRange;
}

/** The same numbers as `ndarray`s: views. */
export interface SpokenMelViews {
  /** [T, bands]. */
  mel: NdArray<Float32Array>;
  /** [T]; absent where the model does not know its pitch. */
  f0?: NdArray<Float64Array>;
  logF0?: NdArray<Float32Array>;
  /** [N]. */
  durations: NdArray<Int32Array>;
  pitches: NdArray<Float32Array>;
  energies: NdArray<Float32Array>;
}

/** One sentence of it, as the models leave it. */
export interface SpokenPart {
  symbols: readonly string[];
  prosody: Pick<TokenProsody, 'durations' | 'pitch' | 'energy'>;
  /** [t, bands]. */
  mel: Float32Array;
  /** [t] Hz. */
  hz: Float64Array | undefined;
  /** Frames of silence before and after it. */
  before: number;
  after: number;
}

/** How parts are joined. */
export interface SpokenForm {
  bands: number;
  form: MelForm | undefined;
  arena: Arena;
}

/** What a mel of a text consists of. */
export interface SpokenNumbers {
  /** [T] Hz; undefined where the model does not know its pitch. */
  f0: Float64Array | undefined;
  /** [N] each. */
  tokens: readonly string[];
  durations: Int32Array;
  pitches: Float32Array;
  energies: Float32Array;
  sentences: readonly MelSentence[];
}

/**
 * Mel of a text, T frames of N tokens. Dispose it, or declare it with `using`: that gives the mel back, the other arrays
 * are the caller's.
 */
export class SpokenMel implements Disposable {
  /** [T] F0 in Hz, edits of pitch included; undefined where the model does not know its pitch (VITS). */
  readonly f0: Float64Array | undefined;
  /** [T] ln of it. */
  readonly logF0: Float32Array | undefined;
  /** [N] symbols of the voice's vocabulary. */
  readonly tokens: readonly string[];
  /** [N] frames. */
  readonly durations: Int32Array;
  /** [N] z-scores of log F0 under the speaker's statistics. */
  readonly pitches: Float32Array;
  /** [N] z-scores of log energy. */
  readonly energies: Float32Array;
  readonly sentences: readonly MelSentence[];

  /** @param mel [T, bands], silence between sentences included. */
  constructor(
    readonly mel: Mel,
    { f0, tokens, durations, pitches, energies, sentences }: SpokenNumbers,
  ) {
    this.f0 = f0;
    this.logF0 = f0 && Float32Array.from(f0, Math.log);
    this.tokens = tokens;
    this.durations = durations;
    this.pitches = pitches;
    this.energies = energies;
    this.sentences = sentences;
  }

  /** T. */
  get frames(): number {
    return this.mel.frames;
  }

  /**
   * All arrays as `ndarray`s: views, valid until dispose().
   * @throws VoirsError DISPOSED; DEVICE_ERROR where code may not be made from strings, as `AudioBuffer.toNdarray`.
   */
  views(): SpokenMelViews {
    const { f0, logF0, durations, pitches, energies } = this;
    const view = <Data extends Float32Array | Float64Array | Int32Array>(data: Data): NdArray<Data> =>
      ndarrayOf(data, [data.length], 'views', 'Use the arrays themselves: mel.values, f0, durations');
    return {
      mel: this.mel.toNdarray(),
      ...(f0 && logF0 ? { f0: view(f0), logF0: view(logF0) } : {}),
      durations: view(durations),
      pitches: view(pitches),
      energies: view(energies),
    };
  }

  get isDisposed(): boolean {
    return this.mel.isDisposed;
  }

  /** Gives the mel back; again, it does nothing. */
  dispose(): void {
    this.mel.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Sentences as one. */
export function joinedMel(parts: readonly SpokenPart[], { bands, form, arena }: SpokenForm): SpokenMel {
  const sentences: MelSentence[] = [];
  const hasPitch = parts.every(({ hz }) => hz !== undefined);
  let [frame, token] = [0, 0];
  for (const { mel, symbols, before, after } of parts) {
    const [from, frames] = [frame + before, mel.length / bands];
    sentences.push({
      frames: { from, to: from + frames },
      tokens: { from: token, to: token + symbols.length },
    });
    frame = from + frames + after;
    token += symbols.length;
  }
  const lease = arena.lease(frame * bands);
  const { samples: values } = lease;
  values.fill(Math.log(form?.floor ?? 1));
  const hz = new Float64Array(frame);
  const durations = new Int32Array(token);
  const pitches = new Float32Array(token);
  const energies = new Float32Array(token);
  parts.forEach((part, n) => {
    const { frames, tokens } = sentences[n]!;
    values.set(part.mel, frames.from * bands);
    durations.set(part.prosody.durations, tokens.from);
    pitches.set(part.prosody.pitch, tokens.from);
    energies.set(part.prosody.energy, tokens.from);
    if (!part.hz) return;
    // Silence holds the pitch beside it: a source needs one everywhere.
    const [start, end] = [n === 0 ? 0 : sentences[n - 1]!.frames.to, sentences[n + 1]?.frames.from ?? frame];
    hz.fill(part.hz[0] ?? 0, start, frames.from);
    hz.set(part.hz, frames.from);
    hz.fill(part.hz.at(-1) ?? 0, frames.to, end);
  });
  const tokens = parts.flatMap(({ symbols }) => symbols);
  const f0 = hasPitch ? hz : undefined;
  const numbers = { f0, tokens, durations, pitches, energies, sentences };
  return new SpokenMel(new Mel(lease, bands, form), numbers);
}
