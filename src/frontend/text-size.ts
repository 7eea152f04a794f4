// The bound on the size of a text: a service states how much of a stranger's text it is willing to analyse.
import { VoirsError } from '../errors.js';

/** Bytes of a text in UTF-8, counted no further than it takes to see that there are more than `most`. */
function bytesOf(text: string, most: number): number {
  if (text.length > most || text.length * 3 <= most) return text.length; // a code unit is 1 to 3 bytes
  let bytes = 0;
  for (let i = 0; i < text.length && bytes <= most; i++) {
    const unit = text.charCodeAt(i);
    // Half of a surrogate pair is half of 4 bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

/**
 * Refuses a text of more than `most` bytes in UTF-8; what is no string is left to the reader.
 * @throws VoirsError INVALID_TEXT.
 */
export function refuseLargerThan(most: number, text: unknown): void {
  if (typeof text !== 'string' || bytesOf(text, most) <= most) return;
  throw new VoirsError('INVALID_TEXT', 'The text is too large', {
    got: `${text.length} characters`,
    wanted: `at most ${most} bytes in UTF-8`,
    suggestion: 'Give it in parts, or set the option maxTextBytes higher',
  });
}
