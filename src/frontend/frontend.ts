// Text -> Utterance: normalisation gives spoken words, pronunciation gives their phones, and the result is
// token sequences such as the voice was trained on, with every word's place in the caller's text.
import pauses from './data/pauses.json' with { type: 'json' };
import type { Language, Pronouncer, ReadingContext } from './language.js';
import type { UserLexicon } from './lexicon/entry-index.js';
import { checkString, nothingToSpeak } from './nothing-to-speak.js';
import { PieceReader, type Pronounce } from './piece-reader.js';
import type { Pauses, ReadingOptions } from './reading-options.js';
import type { SpokenSentence, SpokenWord } from './spoken-sentence.js';
import { readingSsml, type SsmlOptions } from './ssml/ssml.js';
import { finish, type Steps } from './steps.js';
import { type SpokenText, speaking, TextReader } from './text-reader.js';
import type { SentenceReader } from './text-stream.js';
import { cutToLength, type PronouncedWord, toSentence } from './token-sequence.js';
import type { Sentence, Utterance } from './utterance.js';

/** Reads text for one voice, in the language of its pronouncer; holds no state between texts. */
export class Frontend {
  constructor(
    private readonly pronouncer: Pronouncer,
    /** Longest token sequence the acoustic model was trained on. */
    private readonly maxTokens: number,
  ) {}

  get language(): Language {
    return this.pronouncer.language;
  }

  private readonly isWord = (word: string): boolean => this.pronouncer.has(word);

  /** A frontend that prefers these entries to all others, those that it has already included. */
  withUserLexicon(lexicon: UserLexicon): Frontend {
    return new Frontend(this.pronouncer.withUserLexicon(lexicon), this.maxTokens);
  }

  /** Options with the user's entries. */
  private context<O extends ReadingOptions>(options: O): O & ReadingContext {
    return { ...options, language: this.language, ...this.pronouncer.entries };
  }

  /**
   * The utterance of a plain text; spans point into it.
   * @throws VoirsError INVALID_TEXT when nothing in the text can be spoken, UNSUPPORTED_TEXT for scripts the
   * voice cannot read, where `unsupported` is `error`.
   */
  analyse(text: string, options: ReadingOptions = {}): Utterance {
    return finish(this.steps(text, options));
  }

  /** `analyse` in steps, each of at most one sentence. */
  *steps(text: string, options: ReadingOptions = {}): Steps<Utterance> {
    checkString(text);
    const spoken = yield* speaking(text, this.context(options), this.isWord);
    return yield* this.toUtterance(text, spoken, options);
  }

  /**
   * The same for SSML; spans point into the markup.
   * @throws VoirsError INVALID_SSML or VOICE_NOT_FOUND with line, column and element; and as `analyse`.
   */
  analyseSsml(ssml: string, options: SsmlOptions): Utterance {
    return finish(this.ssmlSteps(ssml, options));
  }

  /** `analyseSsml` in steps. */
  *ssmlSteps(ssml: string, options: SsmlOptions): Steps<Utterance> {
    checkString(ssml);
    return yield* this.toUtterance(ssml, yield* readingSsml(ssml, this.context(options)), options);
  }

  /** The same for text in pieces. */
  open(options: ReadingOptions = {}): SentenceReader {
    const { pauses } = options;
    const pronounce: Pronounce = (sentence, source, base) =>
      this.pronounce(sentence, { source, base, pauses });
    return new PieceReader(new TextReader(this.context(options), this.isWord), pronounce, options);
  }

  private *toUtterance(
    text: string,
    { sentences, warnings }: SpokenText,
    options: ReadingOptions,
  ): Steps<Utterance> {
    const { pauses } = options;
    const spoken: Sentence[] = [];
    for (const sentence of sentences) {
      spoken.push(...this.pronounce(sentence, { source: text, base: 0, pauses }));
      yield;
    }
    const last = spoken[spoken.length - 1];
    if (!last) throw nothingToSpeak(text, warnings, options);
    last.pauseAfter = sentences[sentences.length - 1]!.pauseAfter ?? 0;
    return { format: 'voirs-utterance/1', text, sentences: spoken, warnings };
  }

  /** @param text the text from `base` on: its capitals distinguish homographs; and the caller's pauses. */
  private pronounce(
    sentence: SpokenSentence,
    { source, base, pauses: own }: { source: string; base: number; pauses: Pauses | undefined },
  ): Sentence[] {
    const placed = base === 0 ? sentence.words : sentence.words.map((word) => shifted(word, base));
    const pronunciations = this.pronouncer.pronounceSentence(placed, source);
    const words: PronouncedWord[] = sentence.words.map(({ text, span, boundary, directions }, i) => ({
      text,
      span,
      boundary,
      ...(directions === undefined ? {} : { directions }),
      ...pronunciations[i]!,
    }));
    if (words.length === 0) return [];
    const sentences = this.cut(words);
    const { pauseAfter, pauseBefore, marksBefore } = sentence;
    const last = sentences[sentences.length - 1]!;
    if (pauseAfter !== undefined) last.pauseAfter = pauseAfter;
    else if (sentence.end === 'paragraph') last.pauseAfter = own?.paragraph ?? pauses.paragraph;
    else if (own?.sentence !== undefined && sentence.end !== 'clause') last.pauseAfter = own.sentence;
    const first = sentences[0]!;
    if (pauseBefore !== undefined) first.pauseBefore = pauseBefore;
    if (marksBefore !== undefined) {
      first.marks = [...marksBefore.map((name) => ({ name, word: -1 })), ...(first.marks ?? [])];
    }
    if (sentence.marksAtEnd !== undefined) {
      const atEnd = sentence.marksAtEnd.map((name) => ({ name, word: last.words.length + 1 }));
      last.marks = [...(last.marks ?? []), ...atEnd];
    }
    return sentences;
  }

  /** One sentence as runs of the model: cut where markup asks for it, then to the length the model knows. */
  private cut(words: PronouncedWord[]): Sentence[] {
    const parts: PronouncedWord[][] = [[]];
    words.forEach((word, i) => {
      parts[parts.length - 1]!.push(word);
      const next = words[i + 1];
      if (!next) return;
      const isCut = word.directions?.breakAfter !== undefined;
      if (!isCut && word.directions?.voice === next.directions?.voice) return;
      if (word.boundary === '_') word.boundary = ','; // as a phrase ends
      parts.push([]);
    });
    return parts.flatMap((part, p) => {
      const runs = cutToLength(part, this.maxTokens);
      return runs.map((run, i) => {
        const { boundary, directions } = run[run.length - 1]!;
        const endsPart = i === runs.length - 1 && p < parts.length - 1;
        return toSentence(run, endsPart ? (directions?.breakAfter ?? 0) : pauses.mark[boundary]);
      });
    });
  }
}

function shifted(word: SpokenWord, base: number): SpokenWord {
  return { ...word, span: [word.span[0] - base, word.span[1] - base] };
}
