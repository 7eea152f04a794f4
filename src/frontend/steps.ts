// Analysis in steps of a few milliseconds each: a program that needs the result at once runs them in one go, an
// engine lets its event loop turn between them (synthesis/turns.ts).

/** Work that stops after each step and returns its result at the end. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All steps at once. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** UTF-16 code units of a text that one step takes where what it looks for has no bound of its own. */
export const PIECE = 1024;

/** A text in pieces of about {@link PIECE}; no character is cut. */
export function* piecesOf(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length; ) {
    let end = Math.min(text.length, at + PIECE);
    const isHigh = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
    if (isHigh && end < text.length) end += 1;
    yield text.slice(at, end);
    at = end;
  }
}
