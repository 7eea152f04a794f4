// Gives every spoken word its phones: the one place that decides which source of pronunciations comes first.

import type { Language, Pronouncer, Pronunciation } from '../../language.js';
import { type EntryForms, type EntryMatch, UserLexicon } from '../../lexicon/entry-index.js';
import {
  type PronunciationTable,
  parseVoiceExtra,
  parseVoicePronunciations,
} from '../../lexicon/voice-lexicon.js';
import { isVowel } from '../../phonemes.js';
import type { SpokenWord } from '../../spoken-sentence.js';
import { accentedPhones, respelled, withAccents } from './accented-words.js';
import { CompactLexicon } from './compact-lexicon.js';
import { derivations, splitApostrophe } from './derive.js';
import { entryForms, isCommonWord } from './entry-forms.js';
import { chooseReading, readingAs, strongForm } from './homographs.js';
import { letterNames, withS } from './inflect.js';
import { LetterToSound } from './letter-to-sound.js';
import { LetterToSoundModel } from './letter-to-sound-model.js';
import { suppliedForm } from './supplement.js';
import { pronounceUnknown } from './unknown-words.js';

/** The bytes of weights/lexicon. */
interface PronouncerData {
  /** cmudict.bin */
  dictionary: Uint8Array;
  /** letter-to-sound.bin */
  letterToSound: Uint8Array;
}

/** What varies between voices and users; empty tables where there is nothing. */
interface Tables {
  user: UserLexicon;
  voice: PronunciationTable;
  extra: PronunciationTable;
}

/** How many pronunciations of unknown words are kept: some 100 KB at most. */
const REMEMBERED = 500;

/**
 * Pronounces words and sentences. Immutable: `withVoice` and `withUserLexicon` return new ones over the same
 * data.
 */
export class EnglishPronouncer implements Pronouncer {
  private readonly guesses = new Map<string, Pronunciation>();

  private readonly forms: EntryForms = entryForms((plural, base) => this.isRegularPlural(plural, base));

  private constructor(
    readonly language: Language,
    private readonly dictionary: CompactLexicon,
    private readonly letterToSound: LetterToSound,
    private readonly tables: Tables,
  ) {}

  /**
   * Opens the data files' bytes, which are kept, not copied.
   * @throws VoirsError INVALID_WEIGHTS where they are damaged.
   */
  static load(data: PronouncerData, language: Language): EnglishPronouncer {
    const letterToSound = new LetterToSound(LetterToSoundModel.open(data.letterToSound));
    const nothing: PronunciationTable = new Map();
    return new EnglishPronouncer(language, CompactLexicon.open(data.dictionary), letterToSound, {
      user: new UserLexicon(),
      voice: nothing,
      extra: nothing,
    });
  }

  /** A pronouncer that prefers a voice's forms: the text of its pronunciations.tsv and lexicon_extra.txt. */
  withVoice(pronunciations: string, extra: string): EnglishPronouncer {
    return this.with({ voice: parseVoicePronunciations(pronunciations), extra: parseVoiceExtra(extra) });
  }

  /** A pronouncer that prefers a user's forms to all others, those that it has already included. */
  withUserLexicon(user: UserLexicon): EnglishPronouncer {
    return this.with({ user: user.over(this.tables.user) });
  }

  /** What finds the user's entries in a source; nothing where there are none. */
  get entries(): { entriesIn?: (source: string) => EntryMatch[] } {
    const { user } = this.tables;
    return user.isEmpty ? {} : { entriesIn: (source) => user.matchesIn(source, this.forms) };
  }

  /**
   * Whether the user's form of a word serves its plural: where the dictionary lists none, or only the plural
   * of the word that it lists. "News" is not the plural of "new".
   */
  private isRegularPlural(plural: string, base: string): boolean {
    const listed = this.listed(plural)?.phones;
    if (listed === undefined) return true;
    const usual = this.listed(base)?.phones;
    const weak = (phones: readonly string[]) => phones.join(' ').replace(/\b[AI]H0 Z$/, 'IH0 Z');
    return usual !== undefined && !isCommonWord(base) && weak(listed) === weak(withS(usual));
  }

  /** The phones that the user gives a word. */
  private ofUser(word: string): readonly string[] | undefined {
    return this.tables.user.phonesOf(word, this.forms);
  }

  private with(tables: Partial<Tables>): EnglishPronouncer {
    return new EnglishPronouncer(this.language, this.dictionary, this.letterToSound, {
      ...this.tables,
      ...tables,
    });
  }

  /**
   * One pronunciation per word, in order. `source` is the text that the words' spans point into; its capitals
   * help to tell Polish from polish.
   */
  pronounceSentence(words: readonly SpokenWord[], source?: string): Pronunciation[] {
    const pronunciations = words.map((_, i) => this.pronounceAt(words, i, source));
    words.forEach((word, i) => {
      if (word.text !== 'the' || word.reading === 'letter' || pronunciations[i]!.provenance === 'user')
        return;
      const vowel = isVowel(pronunciations[i + 1]?.phones[0] ?? '');
      pronunciations[i] = { phones: ['DH', vowel ? 'IY0' : 'AH0'], provenance: 'voice' };
    });
    return pronunciations;
  }

  private pronounceAt(words: readonly SpokenWord[], at: number, source?: string): Pronunciation {
    const word = words[at]!;
    if (word.phones !== undefined) {
      return { phones: [...word.phones], provenance: word.provenance ?? 'user' };
    }
    if (word.reading === 'letter') return { phones: letterNames(word.text), provenance: 'spelled' };
    const accented = word.written === undefined ? undefined : this.accented(word.written, word.text);
    if (accented !== undefined) return accented;
    if (this.ofUser(word.text) === undefined) {
      const named = word.role && readingAs(word.text, word.role);
      const phones = named ?? strongForm(words, at) ?? chooseReading(words, at, source)?.phones ?? [];
      if (phones.length > 0) return { phones: [...phones], provenance: 'homograph' };
    }
    return this.pronounceWord(word.text);
  }

  /**
   * A word on its own: lower or upper case, letters and apostrophes. Empty phones only where it has no
   * letter.
   */
  pronounceWord(text: string): Pronunciation {
    const word = text.toLowerCase();
    return this.fromUser(word) ?? this.listed(word) ?? this.unknown(word);
  }

  /** A word with accents, where they count; otherwise it is read as the word without them. */
  private accented(written: string, bare: string): Pronunciation | undefined {
    const own = this.fromUser(written);
    if (own !== undefined) return own;
    if (this.fromUser(bare) !== undefined) return undefined;
    const phones = accentedPhones(written);
    if (phones !== undefined) return { phones, provenance: 'lexicon' };
    const listed = this.listed(bare);
    if (listed !== undefined) {
      const changed = withAccents(written, listed.phones);
      return changed && { phones: changed, provenance: 'derived' };
    }
    const spelling = respelled(written);
    return spelling === '' || spelling === bare ? undefined : this.pronounceWord(spelling);
  }

  /** Whether the user's, the voice's or the general lexicon lists a word, or an ending of one it lists. */
  has(text: string): boolean {
    const word = text.toLowerCase();
    return this.fromUser(word) !== undefined || this.listed(word) !== undefined;
  }

  /** What letter-to-sound and the rules give; a name that a text repeats is worked out once. */
  private unknown(word: string): Pronunciation {
    let guess = this.guesses.get(word);
    if (guess === undefined) {
      const known = (part: string): readonly string[] | undefined =>
        this.ofUser(part) ?? this.listed(part)?.phones;
      guess = pronounceUnknown(word, known, this.letterToSound);
      if (this.guesses.size >= REMEMBERED) this.guesses.clear();
      if (word.length <= 64) this.guesses.set(word, guess);
    }
    return { ...guess, phones: [...guess.phones] };
  }

  /** The user's form, or an inflection of one: a form for a name serves its possessive and plural too. */
  private fromUser(word: string): Pronunciation | undefined {
    const { user } = this.tables;
    if (user.isEmpty) return undefined;
    const own = this.ofUser(word);
    if (own !== undefined) return { phones: [...own], provenance: 'user' };
    const split = splitApostrophe(word);
    const base = split && this.ofUser(split.base);
    if (split && base) return { phones: split.build(base), provenance: 'derived' };
    if (this.listed(word) !== undefined) return undefined;
    const inflected = derivations(word, (stem) => this.ofUser(stem)).find(
      ({ rule }) => rule === 'plural' || rule === 'past',
    );
    return inflected && { phones: inflected.phones, provenance: 'derived' };
  }

  /** What the voice or the dictionary lists. */
  private listed(word: string): Pronunciation | undefined {
    if (word === 'a') return { phones: ['AH0'], provenance: 'voice' };
    const voice = this.tables.voice.get(word);
    if (voice !== undefined) return { phones: [...voice[0]!], provenance: 'voice' };
    const supplied = suppliedForm(word, (form) => this.dictionary.has(form));
    const usual = supplied?.phones ?? this.dictionary.lookup(word)[0];
    const extra = this.tables.extra.get(word);
    if (extra !== undefined) {
      // The voice's forms have no order: the dictionary's usual form is chosen where it is one of them.
      const same = usual && extra.find((form) => form.join(' ') === usual.join(' '));
      return { phones: [...(same ?? extra[0]!)], provenance: 'voice' };
    }
    return usual && { phones: usual, provenance: supplied?.derived ? 'derived' : 'lexicon' };
  }
}
