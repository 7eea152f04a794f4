// The first room: text -> Utterance. Normalisation gives spoken words, pronunciation gives their phones, and what
// comes out are token sequences the voice was trained on, with every word's place in the caller's text.
import { VoirsError } from '../errors.js';
import type { Pronouncer } from './lexicon/pronouncer.js';
import { toSpoken } from './normalize/spoken.js';
import pauses from './pauses.json' with { type: 'json' };
import { cutToLength, type PronouncedWord, toSentence } from './token-sequence.js';
import type { Sentence, SpokenSentence, Utterance } from './utterance.js';

export interface FrontendOptions {
  /** `full` reads numbers, dates, abbreviations and so on; `plain` reads words only and reports the rest. */
  preprocessing: 'full' | 'plain';
}

export class Frontend {
  constructor(
    private readonly pronouncer: Pronouncer,
    /** Longest token sequence the acoustic model was trained on. */
    private readonly maxTokens: number,
  ) {}

  /**
   * @throws VoirsError INVALID_TEXT when nothing in the text can be spoken, UNSUPPORTED_TEXT for scripts the voice
   * cannot read.
   */
  analyse(text: string, options: FrontendOptions = { preprocessing: 'full' }): Utterance {
    if (typeof text !== 'string') {
      throw new VoirsError('INVALID_TEXT', 'The text is not a string', { got: typeof text, wanted: 'a string' });
    }
    const { sentences, warnings } = toSpoken(text, options);
    const spoken = sentences.flatMap((sentence) => this.pronounce(sentence));
    if (spoken.length === 0) {
      throw new VoirsError('INVALID_TEXT', 'There is nothing to speak in the text', {
        got: text.trim() === '' ? 'an empty text' : JSON.stringify(shorten(text)),
        wanted: 'at least one word, number or letter',
        ...(warnings.length > 0 ? { suggestion: warnings.slice(0, 3).join('; ') } : {}),
      });
    }
    spoken[spoken.length - 1]!.pauseAfter = 0;
    return { format: 'voirs-utterance/1', text, sentences: spoken, warnings };
  }

  private pronounce(sentence: SpokenSentence): Sentence[] {
    const pronunciations = this.pronouncer.pronounceSentence(sentence.words);
    const words: PronouncedWord[] = sentence.words.map((word, i) => ({
      text: word.text,
      span: word.span,
      boundary: word.boundary,
      ...pronunciations[i]!,
    }));
    if (words.length === 0) return [];
    const runs = cutToLength(words, this.maxTokens);
    return runs.map((run, i) => {
      const endsParagraph = i === runs.length - 1 && sentence.end === 'paragraph';
      const mark = run[run.length - 1]!.boundary;
      return toSentence(run, endsParagraph ? pauses.paragraph : pauses.mark[mark]);
    });
  }
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
