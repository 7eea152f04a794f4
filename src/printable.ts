// Text that comes from files, options and other programs can hold codes that steer a terminal or fill a log.
// Every message of an error and every line of the program goes through this file.

/** Characters of each part of a message: a file's longest name, 255, and what is wrong with it. */
export const LONGEST_PART = 320;

/** Control, format, private and half characters, and the separators of lines and paragraphs. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** A character as an escape of a string literal. */
function escapeOf(character: string): string {
  const code = character.codePointAt(0)!.toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}

/** Text with escapes in place of what acts on a terminal; line ends and tabs among it. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, escapeOf);
}

/** The same, but lines and tabs stay: for tables and other results of many lines. */
export function escapeControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) =>
    /[\n\t]/.test(character) ? character : escapeOf(character),
  );
}

/**
 * One line of at most `most` characters without anything that acts on a terminal. A longer text loses its
 * middle: the end of a path says more than its start.
 */
export function printable(text: string, most = LONGEST_PART): string {
  const half = Math.ceil(most / 2);
  // Cut before it is escaped, so that a text of a gigabyte costs nothing, and again after it.
  const near = text.length <= 2 * most ? text : `${text.slice(0, most)}...${text.slice(-most)}`;
  const line = escapeUnprintable(near);
  if (line.length <= most) return line;
  return `${whole(line.slice(0, half - 3))}...${whole(line.slice(line.length - (most - half)))}`;
}

/** Without halves of characters at its ends. */
function whole(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, '');
}
