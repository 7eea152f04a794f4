// Text that arrives in pieces, as from a language model: each sentence is passed on as soon as it is
// complete.
import { throwIfAborted, VoirsError } from '../errors.js';
import { refuseLargerThan } from './text-size.js';
import type { Sentence } from './utterance.js';

/** Sentences in order, and undefined after each step that gives none. */
export type SentenceSteps = Generator<Sentence | undefined, void, undefined>;

/** Reads text that arrives in pieces; spans point into the pieces joined. Each call is run to its end. */
export interface SentenceReader {
  /** The sentences that this piece completes. @throws VoirsError as `analyse`. */
  push(piece: string): SentenceSteps;
  /** The sentence that a pause of the source ends: see `SentenceStream.settle`. */
  settle(): SentenceSteps;
  /**
   * The sentences that are left; the pause after the last one becomes 0.
   * @throws VoirsError INVALID_TEXT when nothing in the whole text can be spoken.
   */
  end(): SentenceSteps;
  /** What was left out so far, as in `Utterance.warnings`. */
  warnings(): string[];
}

/** How a text in pieces is read. */
interface PieceOptions {
  signal: AbortSignal | undefined;
  /** Most bytes of one piece in UTF-8; there may be any number of pieces. */
  maxTextBytes: number;
  /** Is called after each step; a promise lets the event loop turn. */
  turn: () => Promise<void> | undefined;
}

/**
 * The sentences of a text in pieces. An aborted signal also ends the wait for the next piece.
 * @throws VoirsError ABORTED; INVALID_TEXT when a piece is no string or is too large, or when the text ends with
 * nothing to speak.
 */
export async function* sentencesOf(
  pieces: AsyncIterable<string>,
  reader: SentenceReader,
  { signal, maxTextBytes, turn }: PieceOptions,
): AsyncGenerator<Sentence, void, undefined> {
  async function* inTurns(steps: SentenceSteps): AsyncGenerator<Sentence, void, undefined> {
    for (const sentence of steps) {
      if (sentence) yield sentence;
      const pause = turn();
      if (pause) await pause;
    }
  }
  const iterator = pieces[Symbol.asyncIterator]();
  let isDone = false;
  try {
    for (;;) {
      const next = iterator.next();
      let piece = await unlessAborted(unlessIdle(next), signal);
      if (piece === IDLE) {
        next.catch(() => {}); // the caller may leave before it fails; otherwise it is awaited below
        yield* inTurns(reader.settle());
        piece = await unlessAborted(next, signal);
      }
      if (piece.done) break;
      if (typeof piece.value !== 'string') {
        throw new VoirsError('INVALID_TEXT', 'A piece of the text is not a string', {
          got: typeof piece.value,
          wanted: 'a string',
        });
      }
      refuseLargerThan(maxTextBytes, piece.value);
      yield* inTurns(reader.push(piece.value));
    }
    isDone = true;
    yield* inTurns(reader.end());
  } finally {
    // Not awaited: a source that waits for its next piece would delay the caller.
    if (!isDone) iterator.return?.()?.then(undefined, () => {});
  }
}

/** Milliseconds after which a source counts as pausing: several times what a model takes for a word. */
const IDLE_MS = 300;
const IDLE = Symbol('idle');

async function unlessIdle<T>(promise: Promise<T>): Promise<T | typeof IDLE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const idle = new Promise<typeof IDLE>((resolve) => {
    timer = setTimeout(() => resolve(IDLE), IDLE_MS);
  });
  try {
    return await Promise.race([promise, idle]);
  } finally {
    clearTimeout(timer);
  }
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  throwIfAborted(signal);
  if (!signal) return promise;
  let stop = (): void => {};
  const aborted = new Promise<void>((resolve) => {
    stop = resolve;
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const first = await Promise.race([promise, aborted.then(() => ABORTED)]);
    if (first !== ABORTED) return first as T;
    promise.catch(() => {}); // the caller no longer waits for it, so its failure is not reported
    throwIfAborted(signal);
    return promise;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

const ABORTED = Symbol('aborted');
