// A refused weights file is one kind of error, and what it quotes from the file is short and safe to print.
import { VoirsError } from '../errors.js';
import { printable } from '../printable.js';

/** Characters of a quoted value. */
const LONGEST_VALUE = 80;

/** What the caller finds, quotes and expects, as an error to throw. */
export type Refusal = (what: string, got: string, wanted: string, cause?: unknown) => VoirsError;

/** INVALID_WEIGHTS errors of one kind of file, with `source`, its name, in front of what is wrong with it. */
export function refusal(source: string, suggestion: string): Refusal {
  return (what, got, wanted, cause) =>
    invalidWeights(`${source}: ${what}`, { got, wanted, suggestion, cause });
}

/** One INVALID_WEIGHTS error; control characters in it are escaped and long parts are cut. */
export function invalidWeights(
  what: string,
  details: { got: string; wanted: string; suggestion: string; cause?: unknown },
): VoirsError {
  const [got, wanted] = [printable(details.got), printable(details.wanted)];
  return new VoirsError('INVALID_WEIGHTS', printable(what), { ...details, got, wanted });
}

/** A value of a file as JSON in at most 80 characters, "nothing" for undefined; walks only what it shows. */
export function printed(value: unknown): string {
  let text = '';
  const write = (part: unknown): void => {
    if (typeof part === 'string') text += JSON.stringify(part.slice(0, LONGEST_VALUE + 1));
    else if (part === undefined) text += 'nothing';
    else if (typeof part !== 'object' || part === null) text += String(part);
    else if (Array.isArray(part)) list('[]', part, write);
    else if (Object.getPrototypeOf(part) !== Object.prototype) text += 'another value';
    else {
      list('{}', Object.keys(part), (key) => {
        write(key);
        text += ':';
        write((part as Record<string, unknown>)[key]);
      });
    }
  };
  const list = <T>(brackets: string, items: T[], writeItem: (item: T) => void): void => {
    text += brackets[0];
    for (let i = 0; i < items.length && text.length <= LONGEST_VALUE; i++) {
      if (i > 0) text += ',';
      writeItem(items[i]!);
    }
    text += brackets[1];
  };
  write(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 3)}...` : text;
}
