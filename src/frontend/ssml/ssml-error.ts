// Errors that name their line, column and element, so that the author of the markup finds the place.
import { VoirsError, type VoirsErrorCode, type VoirsErrorDetails } from '../../errors.js';

/** Line and column of an offset, both from 1; columns count UTF-16 code units. */
export function lineAndColumn(source: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (const newLine = /\r\n|\r|\n/g; ; line++) {
    const found = newLine.exec(source);
    if (!found || found.index >= offset) break;
    start = newLine.lastIndex;
  }
  return { line, column: Math.max(0, offset - start) + 1 };
}

/** Where something stands in the markup. */
interface SsmlPlace {
  source: string;
  offset: number;
  /** Name of the element, as written; undefined outside all. */
  element?: string | undefined;
}

/** `SSML, line 2, column 7, <prosody>: what`. */
export function ssmlError(
  { source, offset, element }: SsmlPlace,
  what: string,
  details: VoirsErrorDetails = {},
  code: VoirsErrorCode = 'INVALID_SSML',
): VoirsError {
  const { line, column } = lineAndColumn(source, offset);
  const where = element === undefined ? '' : `, <${excerpt(element)}>`;
  return new VoirsError(code, `SSML, line ${line}, column ${column}${where}: ${what}`, details);
}

/** At most 40 characters of a text, for messages. */
export function excerpt(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
