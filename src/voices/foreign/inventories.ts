// Our phones and marks in the inventory of somebody else's model: eSpeak's IPA, ARPAbet without word boundaries, or
// plain characters. The result is what a manifest states as `tokens` and `symbols` (models/symbols.ts).
import phonemes from '../../frontend/data/phonemes.json' with { type: 'json' };
import espeak from './espeak-phones.json' with { type: 'json' };

/** What a model reads, and how its sequences are put together. */
export interface Inventory {
  kind: 'ipa' | 'arpabet' | 'characters';
  /** Ids of each symbol. */
  ids: ReadonlyMap<string, readonly number[]>;
  /** BCP 47. */
  language: string;
  /** Stands after every symbol. */
  blank?: number;
  /** Before the first symbol, and after the last. */
  begin: readonly number[];
  end: readonly number[];
}

/** The symbols of each token of a voice. */
export interface Spelling {
  kind: 'phones' | 'characters';
  tokens: string[];
  /** Absent: tokens are the model's own ids. */
  symbols?: { of: number[][]; variants: Variant[] };
  /** A pronunciations.tsv for English words that such models were trained to say without stress. */
  pronunciations?: string;
  notes: string[];
}

interface Variant {
  token: string;
  after?: string[];
  before?: string[];
  symbols: number[];
}

const MARKS = [',', ';', ':', '.', '?', '!'];
const STRESSES = ['0', '1', '2'];
const VOWELS = phonemes.vowels.flatMap((vowel) => STRESSES.map((stress) => vowel + stress));
const WEAK = phonemes.vowels.map((vowel) => `${vowel}0`);

/** @param vocabulary rows of the model's embedding. */
export function spellingOf(inventory: Inventory | undefined, vocabulary: number): Spelling {
  if (inventory === undefined) {
    return {
      kind: 'phones',
      tokens: Array.from({ length: vocabulary }, (_, id) => `<${id}>`),
      notes: ['There is no vocab.json: the model speaks its own ids, and no text'],
    };
  }
  const writer = new Writer(inventory, vocabulary);
  if (inventory.kind === 'characters') return writer.characters();
  return inventory.kind === 'ipa' ? writer.ipa() : writer.arpabet();
}

class Writer {
  private readonly of = new Map<string, number[]>();
  private readonly variants: Variant[] = [];
  private readonly notes: string[] = [];
  private readonly lacking = new Set<string>();

  constructor(
    private readonly inventory: Inventory,
    private readonly vocabulary: number,
  ) {
    this.of.set('^', [...inventory.begin]);
    this.of.set('$', [...inventory.end]);
  }

  /** eSpeak's IPA: one symbol for each character, a stress mark right before its vowel. */
  ipa(): Spelling {
    const isBritish = /^en-gb/i.test(this.inventory.language);
    const table: Record<string, string> = { ...espeak.american, ...(isBritish ? espeak.british : {}) };
    for (const vowel of VOWELS) {
      const [base, stress] = [vowel.slice(0, -1), vowel.slice(-1)];
      const mark = stress === '1' ? 'ˈ' : stress === '2' ? 'ˌ' : '';
      this.of.set(vowel, this.spelled(mark + (table[vowel] ?? table[base]!)));
    }
    for (const consonant of phonemes.consonants) this.of.set(consonant, this.spelled(table[consonant]!));
    this.boundaries();
    if (isBritish) {
      const others = ['_', '$', ...MARKS, ...phonemes.consonants];
      this.variants.push({ token: 'R', before: others, symbols: [] });
    } else if (this.inventory.ids.has('ɾ')) {
      this.variants.push({ token: 'T', after: [...VOWELS, 'R'], before: WEAK, symbols: this.spelled('ɾ') });
    }
    const unstressed = Object.entries(espeak.unstressed).map(([word, phones]) => `${word}\t${phones}`);
    return { ...this.done('phones'), pronunciations: unstressed.join('\n') };
  }

  /** ARPAbet as CMUdict has it; a vowel that lacks a stress takes the nearest form that there is. */
  arpabet(): Spelling {
    const { ids } = this.inventory;
    for (const vowel of VOWELS) {
      const base = vowel.slice(0, -1);
      const forms = [vowel, ...['1', '2', '0'].map((stress) => base + stress), base];
      const form = forms.find((one) => ids.has(one));
      if (form === undefined) this.lacking.add(vowel);
      this.of.set(vowel, form === undefined ? [] : this.blanked(ids.get(form)!));
    }
    for (const consonant of phonemes.consonants) {
      if (!ids.has(consonant)) this.lacking.add(consonant);
      this.of.set(consonant, this.blanked(ids.get(consonant) ?? []));
    }
    this.boundaries();
    return this.done('phones');
  }

  /** Words by their own characters. */
  characters(): Spelling {
    this.boundaries();
    for (const [symbol, ids] of this.inventory.ids) {
      if ([...symbol].length === 1 && !this.of.has(symbol)) this.of.set(symbol, this.blanked(ids));
    }
    return this.done('characters');
  }

  /** Spaces between words, and marks, after which there is a space too unless they are the last. */
  private boundaries(): void {
    const space = this.blanked(this.inventory.ids.get(' ') ?? []);
    this.of.set('_', space);
    for (const mark of MARKS) {
      const forms =
        mark === ';' || mark === ':' ? [mark, ','] : mark === '!' || mark === '?' ? [mark, '.'] : [mark];
      const form = forms.find((one) => this.inventory.ids.has(one));
      const own = this.blanked(form === undefined ? [] : this.inventory.ids.get(form)!);
      this.of.set(mark, [...own, ...space]);
      if (space.length > 0) this.variants.push({ token: mark, before: ['$'], symbols: own });
    }
  }

  /** Ids of a text's characters; what the model lacks is written otherwise, or left out and told. */
  private spelled(text: string): number[] {
    return [...text].flatMap((character) => {
      const { ids } = this.inventory;
      const instead = (espeak.instead as Record<string, string>)[character] ?? '';
      const found = ids.has(character) ? [character] : [...instead].filter((one) => ids.has(one));
      if (found.length === 0 && instead === '' && character !== 'ː') this.lacking.add(character);
      return found.flatMap((one) => this.blanked(ids.get(one)!));
    });
  }

  private blanked(ids: readonly number[]): number[] {
    const { blank } = this.inventory;
    return blank === undefined ? [...ids] : ids.flatMap((id) => [id, blank]);
  }

  private done(kind: Spelling['kind']): Spelling {
    const tokens = [...this.of.keys()];
    const known = (ids: number[]): number[] => ids.filter((id) => id < this.vocabulary);
    if (this.lacking.size > 0) this.notes.push(`The voice has no ${[...this.lacking].join(', ')}: left out`);
    const { language } = this.inventory;
    if (kind === 'phones' && !/^en\b/i.test(language))
      this.notes.push(`The voice speaks ${language}; its text is read as English`);
    const variants = this.variants.map((one) => ({ ...one, symbols: known(one.symbols) }));
    return { kind, tokens, symbols: { of: [...this.of.values()].map(known), variants }, notes: this.notes };
  }
}
