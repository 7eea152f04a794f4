// Where everything of a sentence stands on the time axis: its tokens with the times of what was made.
import type { Token, Utterance } from '../../../src/frontend/utterance.js';
import type { Render } from '../engine/render.js';

/** A token of the sentence in time. */
export interface Placed {
  /** Which of the utterance's sentences, and which of its tokens. */
  sentence: number;
  token: number;
  symbol: string;
  /** Word of the whole utterance, counted through; undefined for boundaries. */
  word: number | undefined;
  /** Seconds. */
  start: number;
  end: number;
  pitch: number;
  energy: number;
  /** Frames at normal speed. */
  duration: number;
}

export interface PlacedWord {
  text: string;
  span: readonly [number, number];
  phones: readonly string[];
  start: number;
  end: number;
}

export interface Layout {
  tokens: Placed[];
  words: PlacedWord[];
  seconds: number;
  /** Seconds of a frame as it is heard: shorter at a higher speed. */
  frameSeconds: number;
}

/** A word as the writer wrote it; the words that a number is read as share its place, and stay as they are read. */
function asWritten(text: string, span: readonly [number, number], source: string): string {
  const written = source.slice(...span);
  return written.toLowerCase() === text.toLowerCase() ? written : text;
}

export function layoutOf(utterance: Utterance, { text: source, words, samples, sampleRate }: Render): Layout {
  const tokens: Placed[] = [];
  const placedWords: PlacedWord[] = [];
  let at = 0;
  let base = 0;
  let [frames, seconds] = [0, 0];
  utterance.sentences.forEach((sentence, s) => {
    const nextPhone = sentence.words.map(() => 0);
    sentence.tokens.forEach((token, n) => {
      const { symbol, duration = 0, pitch = 0, energy = 0 } = token;
      const timed = token.word === null ? undefined : words[base + token.word];
      const phone = timed?.phones[nextPhone[token.word!]++];
      const start = phone?.start ?? at;
      at = phone?.end ?? at;
      if (phone) {
        frames += duration;
        seconds += phone.end - phone.start;
      }
      const word = token.word === null ? undefined : base + token.word;
      tokens.push({
        ...{ sentence: s, token: n, symbol, word, start, end: at },
        ...{ pitch, energy, duration },
      });
    });
    sentence.words.forEach(({ text, span, phones }, w) => {
      const timed = words[base + w];
      placedWords.push({
        ...{ text: asWritten(text, span, source), span, phones },
        ...{ start: timed?.start ?? at, end: timed?.end ?? at },
      });
    });
    base += sentence.words.length;
  });
  // Boundaries lie between what they part.
  tokens.forEach((token, n) => {
    if (token.word !== undefined) return;
    const after = tokens.slice(n + 1).find(({ word }) => word !== undefined);
    token.end = after ? after.start : samples.length / sampleRate;
    if (n === 0) token.start = 0;
  });
  return {
    ...{ tokens, words: placedWords },
    seconds: samples.length / sampleRate,
    frameSeconds: frames > 0 ? seconds / frames : 256 / sampleRate,
  };
}

/** The utterance with changed tokens. @param edit returns what is new of a token, or undefined. */
export function withTokens(
  utterance: Utterance,
  edit: (token: Token, sentence: number, n: number) => Partial<Token> | undefined,
): Utterance {
  return {
    ...utterance,
    sentences: utterance.sentences.map((sentence, s) => ({
      ...sentence,
      tokens: sentence.tokens.map((token, n) => {
        const changes = edit(token, s, n);
        return changes ? { ...token, ...changes } : token;
      }),
    })),
  };
}
