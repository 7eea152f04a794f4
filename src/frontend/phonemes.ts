// The ARPAbet inventory that the lexicon, the letter-to-sound model and the voices share, in one fixed order,
// and its symbols as the ids of a voice's acoustic model.
import { VoirsError } from '../errors.js';
import table from './data/phonemes.json' with { type: 'json' };

/**
 * Every phone: each vowel with stress 0, 1, 2, then the consonants. The order is part of the binary formats
 * of weights/lexicon: append, never insert.
 */
export const PHONES: readonly string[] = [
  ...table.vowels.flatMap((vowel) => [`${vowel}0`, `${vowel}1`, `${vowel}2`]),
  ...table.consonants,
];

const INDEX: ReadonlyMap<string, number> = new Map(PHONES.map((phone, index) => [phone, index]));
const SIBILANTS: ReadonlySet<string> = new Set(table.sibilants);
const VOICELESS: ReadonlySet<string> = new Set(table.voiceless);
const VOWELS: ReadonlySet<string> = new Set(table.vowels);

/** Position in PHONES, or undefined where it is no phone (as a vowel without its stress digit). */
export function phoneIndex(phone: string): number | undefined {
  return INDEX.get(phone);
}

/** True for a phone of the inventory, stress digit included. */
export function isPhone(symbol: string): boolean {
  return INDEX.has(symbol);
}

/** True for a vowel, with or without its stress digit. */
export function isVowel(phone: string): boolean {
  return VOWELS.has(withoutStress(phone));
}

/** True for S Z SH ZH CH JH, after which the plural needs a vowel. */
export function isSibilant(phone: string): boolean {
  return SIBILANTS.has(phone);
}

/** True for a consonant spoken without voice, which makes a following suffix voiceless. */
export function isVoiceless(phone: string): boolean {
  return VOICELESS.has(phone);
}

/** AH0 -> AH; consonants stay. */
export function withoutStress(phone: string): string {
  const last = phone.charCodeAt(phone.length - 1);
  return last >= 48 && last <= 50 ? phone.slice(0, -1) : phone;
}

/** The stress digit of a vowel (0 none, 1 primary, 2 secondary), or undefined for a consonant. */
export function stressOf(phone: string): 0 | 1 | 2 | undefined {
  const digit = phone.charCodeAt(phone.length - 1) - 48;
  return digit === 0 || digit === 1 || digit === 2 ? digit : undefined;
}

/** A voice's vocabulary: symbols of a token sequence as the acoustic model's ids. */
export class Vocabulary {
  private readonly ids: ReadonlyMap<string, number>;

  /** @param aliases marks that the model never saw, and the token that stands for each. */
  constructor(tokens: readonly string[], aliases: ReadonlyMap<string, string>) {
    const ids = new Map(tokens.map((token, id) => [token, id]));
    for (const [symbol, token] of aliases) ids.set(symbol, ids.get(token)!);
    this.ids = ids;
  }

  /** @throws VoirsError INVALID_TEXT for a symbol that the voice does not have. */
  id(symbol: string): number {
    const id = this.ids.get(symbol);
    if (id === undefined) {
      throw new VoirsError('INVALID_TEXT', 'The voice has no such phone or mark', {
        got: JSON.stringify(symbol),
        wanted: 'a symbol of its vocabulary (ARPAbet, stress digits on vowels)',
      });
    }
    return id;
  }
}
