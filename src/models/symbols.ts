// Other people's models read other inventories than our phones: eSpeak's IPA with stress marks and blanks between, a
// vocabulary without word boundaries, characters. This stands between: tokens of ours become none, one or several
// symbols of the model, and what the model says of its symbols is told per token.
import type { Tensor3D } from '#tf';
import type { RowRange } from '../backends/ops.js';
import type { JsonReader } from '../checkpoints/json-reader.js';
import { VoirsError } from '../errors.js';
import type { AcousticModel, DecodedFrames, EncodedSentence, TokenProsody } from './model.js';

/** Other symbols of a token where it stands between certain tokens; ids of tokens, undefined: any. */
interface Variant {
  after: ReadonlySet<number> | undefined;
  before: ReadonlySet<number> | undefined;
  symbols: readonly number[];
}

/** Symbols of each token of a voice. */
export class SymbolMap {
  private constructor(
    private readonly symbols: readonly (readonly number[])[],
    private readonly variants: ReadonlyMap<number, readonly Variant[]>,
  ) {}

  /**
   * Reads a manifest's `symbols`: `of`, a list of symbols for each token, and `variants`, of which the first that fits
   * counts.
   * @throws VoirsError INVALID_WEIGHTS with the path of a wrong field.
   */
  static read(entry: JsonReader, tokens: readonly string[]): SymbolMap {
    const list = (reader: JsonReader): number[] =>
      reader.items({ max: 64 }).map((symbol) => symbol.integer({ min: 0, max: 65_535 }));
    const idOf = (reader: JsonReader): number => {
      const id = tokens.indexOf(reader.string());
      if (id < 0) throw reader.invalid('one of the tokens');
      return id;
    };
    const among = (reader: JsonReader): ReadonlySet<number> | undefined =>
      reader.isAbsent ? undefined : new Set(reader.items({ max: 65_536 }).map(idOf));
    const symbols = entry.field('of').items({ length: tokens.length }).map(list);
    const variants = new Map<number, Variant[]>();
    const given = entry.field('variants');
    for (const one of given.isAbsent ? [] : given.items({ max: 10_000 })) {
      const token = idOf(one.field('token'));
      const variant = {
        after: among(one.field('after')),
        before: among(one.field('before')),
        symbols: list(one.field('symbols')),
      };
      variants.set(token, [...(variants.get(token) ?? []), variant]);
    }
    return new SymbolMap(symbols, variants);
  }

  /** Tokens [N] -> symbols [M], and the token that each belongs to. */
  expand(tokens: Int32Array): { symbols: Int32Array; owners: Int32Array } {
    const symbols: number[] = [];
    const owners: number[] = [];
    tokens.forEach((token, n) => {
      const fits = ({ after, before }: Variant): boolean =>
        (after === undefined || after.has(tokens[n - 1] ?? -1)) &&
        (before === undefined || before.has(tokens[n + 1] ?? -1));
      const own = this.variants.get(token)?.find(fits)?.symbols ?? this.symbols[token];
      if (own === undefined) {
        throw new VoirsError('INVALID_OPTIONS', `Token ${n} is not in the vocabulary`, {
          got: `${token}`,
          wanted: `0 to ${this.symbols.length - 1}`,
          suggestion: 'Use the vocabulary that belongs to this voice',
        });
      }
      for (const symbol of own) {
        symbols.push(symbol);
        owners.push(n);
      }
    });
    return { symbols: Int32Array.from(symbols), owners: Int32Array.from(owners) };
  }
}

/** A sentence as the model has it, and as its tokens have it. */
interface EncodedTokens extends EncodedSentence {
  readonly inner: EncodedSentence;
  readonly owners: Int32Array;
}

/** A model of symbols, spoken to in tokens. */
export class SymbolModel implements AcousticModel {
  constructor(
    /** Takes symbols. */
    readonly inner: AcousticModel,
    private readonly map: SymbolMap,
  ) {}

  /** Symbols of a sentence's tokens [N] as the model gets them, [M], and the token that each belongs to. */
  symbolsOf(tokens: Int32Array): { symbols: Int32Array; owners: Int32Array } {
    return this.map.expand(tokens);
  }

  async encode(tokens: Int32Array, speaker: number): Promise<EncodedTokens> {
    const { symbols, owners } = this.symbolsOf(tokens);
    if (symbols.length === 0) {
      throw new VoirsError('SYNTHESIS_FAILED', 'No token of the sentence has a symbol of this voice', {
        got: `${tokens.length} tokens`,
        wanted: 'at least one phone or character that the voice has',
        suggestion: 'Spell the words, or choose another voice',
      });
    }
    const inner = await this.inner.encode(symbols, speaker);
    const hidden: Tensor3D = inner.hidden;
    const predicted = gathered(inner.predicted, owners, tokens.length);
    return { inner, owners, hidden, predicted, dispose: () => inner.dispose() };
  }

  decode(encoded: EncodedSentence, prosody: TokenProsody, range?: RowRange): Promise<DecodedFrames> {
    const { inner, owners, predicted } = encoded as EncodedTokens;
    return this.inner.decode(inner, spread(inner.predicted, predicted, prosody, owners), range);
  }

  get bands(): number {
    return this.inner.bands;
  }

  get contextFrames(): number {
    return this.inner.contextFrames;
  }

  get valuesPerFrame(): number {
    return this.inner.valuesPerFrame;
  }

  get isFixed(): boolean {
    return this.inner.isFixed ?? false;
  }

  get tellsF0(): boolean {
    return this.inner.tellsF0 ?? true;
  }

  get weightBytes(): number {
    return this.inner.weightBytes;
  }

  dispose(): void {
    this.inner.dispose();
  }
}

/** Per token: the sum of its symbols' frames, the mean of their pitch and energy. */
function gathered({ durations, pitch, energy, isFixed }: TokenProsody, owners: Int32Array, count: number) {
  const sums = {
    durations: new Int32Array(count),
    pitch: new Float32Array(count),
    energy: new Float32Array(count),
  };
  const symbols = new Int32Array(count);
  owners.forEach((token, m) => {
    sums.durations[token]! += durations[m]!;
    sums.pitch[token]! += pitch[m]!;
    sums.energy[token]! += energy[m]!;
    symbols[token]! += 1;
  });
  symbols.forEach((of, token) => {
    if (of < 2) return;
    sums.pitch[token]! /= of;
    sums.energy[token]! /= of;
  });
  const logDurations = Float32Array.from(sums.durations, (frames) => Math.log(frames + 1));
  return { ...sums, logDurations, ...(isFixed ? { isFixed } : {}) };
}

/** A sentence's numbers per token -> per symbol: frames in the model's proportions, pitch and energy by their edits. */
function spread(
  own: TokenProsody,
  predicted: TokenProsody,
  wanted: TokenProsody,
  owners: Int32Array,
): TokenProsody {
  const durations = new Int32Array(owners.length);
  let at = 0;
  let unowned = 0; // frames of tokens without symbols: the next symbol is held longer
  wanted.durations.forEach((frames, token) => {
    const from = at;
    while (owners[at] === token) at++;
    if (from === at) {
      if (at > 0) durations[at - 1]! += frames;
      else unowned += frames;
      return;
    }
    const usual = predicted.durations[token]!;
    let exact = 0;
    let spent = 0;
    for (let m = from; m < at; m++) {
      exact += usual > 0 ? (own.durations[m]! * frames) / usual : frames / (at - from);
      durations[m] = Math.round(exact) - spent;
      spent += durations[m]!;
    }
    durations[from]! += unowned;
    unowned = 0;
  });
  const edited = (name: 'pitch' | 'energy'): Float32Array =>
    own[name].map((value, m) => value + (wanted[name][owners[m]!]! - predicted[name][owners[m]!]!));
  return { logDurations: own.logDurations, durations, pitch: edited('pitch'), energy: edited('energy') };
}
