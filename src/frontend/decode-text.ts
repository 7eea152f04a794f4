// The text of a file: UTF-8, or UTF-16 as Windows writes it.
import { VoirsError } from '../errors.js';

/**
 * The text of bytes: UTF-8, or UTF-16 with its mark or with the zero bytes that Latin letters have in it.
 * @param source names the text in errors: a path, "stdin".
 * @throws VoirsError INVALID_TEXT when the bytes are neither.
 */
export function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new VoirsError('INVALID_TEXT', `${source} is not UTF-8 text`, {
      suggestion: 'Convert it to UTF-8',
      cause,
    });
  }
}

/** Bytes that are looked at. */
const SAMPLE = 4096;

/** As Windows writes it: UTF-16 has zero bytes in every second place; text in UTF-8 has none at all. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  const length = Math.min(bytes.length, SAMPLE) & ~1;
  for (let i = 0; i < length; i++) if (bytes[i] === 0) zeros[i % 2]!++;
  if (zeros[1]! * 4 > length / 2 && zeros[0]! * 8 < zeros[1]!) return 'utf-16le';
  if (zeros[0]! * 4 > length / 2 && zeros[1]! * 8 < zeros[0]!) return 'utf-16be';
  return 'utf-8';
}
