// A stream out of a worker: chunks are made a little ahead of their reader and no further, and text in pieces goes the
// other way, each piece when the worker asks for it.
import { shown, throwIfAborted, VoirsError } from '../errors.js';
import type { Following, WorkerLink } from './link.js';
import type { PlainAudio, PlainOptions } from './messages.js';

/** Chunks that the worker makes ahead of those that were read: one to be read next, and one in the making. */
export const READ_AHEAD = 2;

/** What the reader waits for. */
class Waiting {
  readonly chunks: PlainAudio[] = [];
  isEnded = false;
  private error: unknown;
  private hasFailed = false;
  private wake: (() => void) | undefined;

  add(chunk: PlainAudio): void {
    this.chunks.push(chunk);
    this.wake?.();
  }

  end(): void {
    this.isEnded = true;
    this.wake?.();
  }

  fail(error: unknown): void {
    this.hasFailed = true;
    this.error = error;
    this.wake?.();
  }

  /** The next chunk; undefined at the end. An error does not wait for chunks that are there. */
  async next(): Promise<PlainAudio | undefined> {
    while (this.chunks.length === 0 && !this.isEnded && !this.hasFailed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    if (this.hasFailed) throw this.error;
    return this.chunks.shift();
  }
}

/** The chunks of a stream. It begins when the first one is asked for. */
export async function* chunksFrom(
  link: WorkerLink,
  text: string | AsyncIterable<string>,
  options: PlainOptions,
  following: Following,
): AsyncGenerator<PlainAudio, void, undefined> {
  throwIfAborted(following.signal);
  const id = link.newId();
  const waiting = new Waiting();
  const pieces = isInPieces(text) ? text[Symbol.asyncIterator]() : undefined;
  let isTextDone = pieces === undefined;
  const sendPiece = async (): Promise<void> => {
    try {
      const { done, value } = await pieces!.next();
      isTextDone ||= done === true;
      if (!done) mustBeText(value);
      link.tell({ kind: 'piece', id, piece: done ? undefined : value });
    } catch (error) {
      waiting.fail(error);
    }
  };
  const close = link.follow(
    id,
    following,
    (error) => waiting.fail(error),
    (message) => {
      if (message.kind === 'chunk') waiting.add(message.audio);
      else if (message.kind === 'end') waiting.end();
      else if (message.kind === 'wanted') void sendPiece();
    },
  );
  try {
    const isHeard = following.onProgress !== undefined;
    const isWarned = following.onWarning !== undefined;
    const source = { text: pieces ? '' : (text as string), isInPieces: pieces !== undefined };
    link.tell({ kind: 'stream', id, ...source, options, isHeard, isWarned, credits: READ_AHEAD });
    for (;;) {
      const chunk = await link.whileBusy(waiting.next());
      if (!chunk) return;
      link.credit(id);
      yield chunk;
    }
  } finally {
    close();
    if (!waiting.isEnded) link.abort(id);
    // Not awaited: a source that waits for its next piece would delay the caller.
    if (!isTextDone) pieces!.return?.()?.then(undefined, () => {});
  }
}

export function isInPieces(text: unknown): text is AsyncIterable<string> {
  return typeof text !== 'string' && Symbol.asyncIterator in Object(text);
}

function mustBeText(piece: unknown): asserts piece is string {
  if (typeof piece === 'string') return;
  throw new VoirsError('INVALID_TEXT', 'A piece of the text is not a string', {
    got: shown(piece),
    wanted: 'a string',
  });
}
