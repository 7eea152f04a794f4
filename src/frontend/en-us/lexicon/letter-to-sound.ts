// Guesses how an unknown word is spoken, by beam search for the most probable sequence of joint letter-phone
// units.
import { stressOf } from '../../phonemes.js';
import { type LetterToSoundModel, MODEL_LETTERS, UNIT_END, UNIT_START } from './letter-to-sound-model.js';

/*
 * The model is the joint-sequence n-gram of Bisani & Ney, "Joint-Sequence Models for Grapheme-to-Phoneme
 * Conversion" (Speech Communication 2008), with 1-to-2 and 2-to-1 units aligned beforehand as in
 * Phonetisaurus (Novak et al. 2016).
 */

/** Hypotheses kept at each letter. */
const BEAM = 24;
/** A hypothesis this many nats worse than the best at its letter is dropped. */
const BEAM_WIDTH = 9;
/** Longer words are read in pieces of this many letters with few hypotheses, in linear time. */
const PIECE = 48;
const PIECE_BEAM = 4;
/** Nats for every primary stress beyond the first, and for a word with vowels that has none. */
const EXTRA_STRESS = 6;
const NO_STRESS = 6;

interface Hypothesis {
  node: number;
  cost: number;
  /** Primary stresses so far, and whether any vowel was spoken. */
  stresses: number;
  vowels: boolean;
  /** How many phones of the target are spoken, where there is a target. */
  spoken: number;
  unit: number;
  from: Hypothesis | null;
}

/** A reading of a word: its joint units and -ln of their probability, in nats. */
interface Reading {
  units: number[];
  cost: number;
}

/** Pronunciations of unknown words. */
export class LetterToSound {
  /** Primary stresses and vowels in each unit's phones. */
  private readonly primaries: Uint8Array;
  private readonly vowels: Uint8Array;

  constructor(private readonly model: LetterToSoundModel) {
    this.primaries = Uint8Array.from(
      model.units,
      ({ phones }) => phones.filter((p) => stressOf(p) === 1).length,
    );
    this.vowels = Uint8Array.from(
      model.units,
      ({ phones }) => phones.filter((p) => stressOf(p) !== undefined).length,
    );
  }

  /**
   * Phones of a word of letters and apostrophes (others are ignored); empty only where nothing is left to
   * read.
   */
  pronounce(word: string): string[] {
    return this.guess(word).phones;
  }

  /** The best guess with its cost, -ln p in nats. */
  guess(word: string): { phones: string[]; cost: number } {
    const codes = letterCodes(word);
    const phones: string[] = [];
    let cost = 0;
    for (let start = 0; start < codes.length; start += PIECE) {
      const reading = this.decode(
        codes.slice(start, start + PIECE),
        codes.length > PIECE ? PIECE_BEAM : BEAM,
      );
      if (reading === undefined) continue;
      cost += reading.cost;
      for (const unit of reading.units) phones.push(...this.model.units[unit]!.phones);
    }
    return { phones, cost };
  }

  /**
   * How the model would read a word as the given phones, or undefined where it cannot; for words of one
   * piece.
   */
  explain(word: string, phones: readonly string[]): Reading | undefined {
    const codes = letterCodes(word);
    return codes.length > 0 && codes.length <= PIECE ? this.decode(codes, BEAM, phones) : undefined;
  }

  private decode(letters: readonly number[], beam: number, target?: readonly string[]): Reading | undefined {
    const columns: Map<number, Hypothesis>[] = Array.from({ length: letters.length + 1 }, () => new Map());
    const start = this.model.child(0, UNIT_START);
    columns[0]!.set(0, {
      node: start,
      cost: 0,
      stresses: 0,
      vowels: false,
      spoken: 0,
      unit: UNIT_START,
      from: null,
    });
    for (let i = 0; i < letters.length; i++) {
      const pair =
        i + 1 < letters.length ? this.model.double.get(letters[i]! * 32 + letters[i + 1]!) : undefined;
      for (const hypothesis of best(columns[i]!, beam)) {
        for (const unit of this.model.single[letters[i]!]!)
          this.extend(hypothesis, unit, columns[i + 1]!, target);
        if (pair !== undefined)
          for (const unit of pair) this.extend(hypothesis, unit, columns[i + 2]!, target);
      }
      columns[i]!.clear();
    }
    let winner: Hypothesis | null = null;
    let lowest = Number.POSITIVE_INFINITY;
    for (const hypothesis of columns[letters.length]!.values()) {
      if (target !== undefined && hypothesis.spoken !== target.length) continue;
      const silent = hypothesis.vowels && hypothesis.stresses === 0 ? NO_STRESS : 0;
      const cost = hypothesis.cost + silent + this.step(hypothesis.node, UNIT_END).cost;
      if (cost < lowest) [winner, lowest] = [hypothesis, cost];
    }
    if (winner === null) return undefined;
    const units: number[] = [];
    for (let at: Hypothesis | null = winner; at?.from; at = at.from) units.push(at.unit);
    return { units: units.reverse(), cost: lowest };
  }

  /** Cost of a unit in a context, and the context that follows. */
  private step(node: number, unit: number): { cost: number; next: number } {
    let cost = 0;
    for (let context = node; ; context = this.model.suffix(context)) {
      const child = this.model.child(context, unit);
      if (child !== 0) return { cost: cost + this.model.cost(child), next: child };
      if (context === 0) return { cost: cost + 20, next: 0 };
      cost += this.model.backoffCost(context);
    }
  }

  private extend(
    from: Hypothesis,
    unit: number,
    column: Map<number, Hypothesis>,
    target?: readonly string[],
  ): void {
    let spoken = from.spoken;
    if (target !== undefined) {
      for (const phone of this.model.units[unit]!.phones) if (target[spoken++] !== phone) return;
    }
    const { cost, next } = this.step(from.node, unit);
    const stresses = from.stresses + this.primaries[unit]!;
    const extra = stresses > 1 ? (stresses - Math.max(1, from.stresses)) * EXTRA_STRESS : 0;
    const total = from.cost + cost + extra;
    const vowels = from.vowels || this.vowels[unit]! > 0;
    const key = (next * 4 + (vowels ? 1 + Math.min(2, stresses) : 0)) * 256 + spoken;
    const rival = column.get(key);
    if (rival !== undefined && rival.cost <= total) return;
    column.set(key, { node: next, cost: total, stresses, vowels, spoken, unit, from });
  }
}

function letterCodes(word: string): number[] {
  return [...word.toLowerCase()]
    .map((letter) => MODEL_LETTERS.indexOf(letter) + 1)
    .filter((code) => code > 0);
}

/** The hypotheses worth following. */
function best(column: Map<number, Hypothesis>, beam: number): Hypothesis[] {
  const sorted = [...column.values()].sort((a, b) => a.cost - b.cost).slice(0, beam);
  const limit = (sorted[0]?.cost ?? 0) + BEAM_WIDTH;
  return sorted.filter((hypothesis) => hypothesis.cost <= limit);
}
