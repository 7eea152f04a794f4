// Gives every spoken word its phones: one place that decides which source of pronunciations is believed.
import { isVowel } from '../phonemes.js';
import type { Provenance, SpokenWord } from '../utterance.js';
import { CompactLexicon } from './compact-lexicon.js';
import { derive } from './derive.js';
import { LetterToSound } from './letter-to-sound.js';
import { LetterToSoundModel } from './letter-to-sound-model.js';
import letterNames from './letters.json' with { type: 'json' };
import { type PronunciationTable, parseVoiceExtra, parseVoicePronunciations } from './voice-lexicon.js';

/** The bytes of weights/lexicon. */
export interface PronouncerData {
  /** cmudict.bin */
  dictionary: Uint8Array;
  /** letter-to-sound.bin */
  letterToSound: Uint8Array;
}

/** A word's phones (ARPAbet, stress digits on vowels) and where they came from. */
export interface Pronunciation {
  phones: string[];
  provenance: Provenance;
}

/** What varies between voices and users; empty tables where there is nothing. */
interface Tables {
  user: PronunciationTable;
  voice: PronunciationTable;
  extra: PronunciationTable;
}

const LETTER_NAMES: ReadonlyMap<string, string[]> = new Map(
  Object.entries(letterNames).map(([letter, phones]) => [letter, phones.split(' ')]),
);

/** Pronounces words and sentences. Immutable: `withVoice` and `withUserLexicon` return new ones over the same data. */
export class Pronouncer {
  private constructor(
    private readonly dictionary: CompactLexicon,
    private readonly letterToSound: LetterToSound,
    private readonly tables: Tables,
  ) {}

  /** Opens the data files' bytes, which are kept. Throws INVALID_WEIGHTS where they are damaged. */
  static load(data: PronouncerData): Pronouncer {
    const letterToSound = new LetterToSound(LetterToSoundModel.open(data.letterToSound));
    const nothing: PronunciationTable = new Map();
    return new Pronouncer(CompactLexicon.open(data.dictionary), letterToSound, {
      user: nothing,
      voice: nothing,
      extra: nothing,
    });
  }

  /** A pronouncer that prefers a voice's forms: the text of its pronunciations.tsv and lexicon_extra.txt. */
  withVoice(pronunciations: string, extra: string): Pronouncer {
    return this.with({ voice: parseVoicePronunciations(pronunciations), extra: parseVoiceExtra(extra) });
  }

  /** A pronouncer that prefers a user's forms to all others. */
  withUserLexicon(user: PronunciationTable): Pronouncer {
    return this.with({ user });
  }

  private with(tables: Partial<Tables>): Pronouncer {
    return new Pronouncer(this.dictionary, this.letterToSound, { ...this.tables, ...tables });
  }

  /** One pronunciation per word, in order. */
  pronounceSentence(words: readonly SpokenWord[]): Pronunciation[] {
    const pronunciations = words.map((word) =>
      word.reading === 'letter' ? this.pronounceLetter(word.text) : this.pronounceWord(word.text),
    );
    words.forEach((word, i) => {
      if (word.text !== 'the' || word.reading === 'letter' || pronunciations[i]!.provenance === 'user')
        return;
      const vowel = isVowel(pronunciations[i + 1]?.phones[0] ?? '');
      pronunciations[i] = { phones: ['DH', vowel ? 'IY0' : 'AH0'], provenance: 'voice' };
    });
    return pronunciations;
  }

  /** A word on its own: lower or upper case, letters and apostrophes. Empty phones only where it has no letter. */
  pronounceWord(text: string): Pronunciation {
    const word = text.toLowerCase();
    const listed = this.listed(word);
    if (listed !== undefined) return listed;
    const derived = derive(word, (part) => this.listed(part)?.phones);
    if (derived !== undefined) return { phones: derived.phones, provenance: 'derived' };
    return { phones: this.letterToSound.pronounce(word), provenance: 'letter-to-sound' };
  }

  /** The names of the letters of `text`, which is usually one. */
  private pronounceLetter(text: string): Pronunciation {
    const phones = [...text.toLowerCase()].flatMap((letter) => LETTER_NAMES.get(letter) ?? []);
    return { phones, provenance: 'spelled' };
  }

  /** What some table lists, in order of trust. */
  private listed(word: string): Pronunciation | undefined {
    const user = this.tables.user.get(word);
    if (user !== undefined) return { phones: [...user[0]!], provenance: 'user' };
    if (word === 'a') return { phones: ['AH0'], provenance: 'voice' };
    const voice = this.tables.voice.get(word);
    if (voice !== undefined) return { phones: [...voice[0]!], provenance: 'voice' };
    const usual = this.dictionary.lookup(word)[0];
    const extra = this.tables.extra.get(word);
    if (extra !== undefined) {
      // Its forms are in no order: where one of them is the dictionary's usual form, that is the voice's too.
      const same = usual && extra.find((form) => form.join(' ') === usual.join(' '));
      return { phones: [...(same ?? extra[0]!)], provenance: 'voice' };
    }
    return usual && { phones: usual, provenance: 'lexicon' };
  }
}
