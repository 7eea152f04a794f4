// The errors of a text that has nothing to speak, with the option that would speak what was left out.
import { shown, VoirsError } from '../errors.js';
import type { ReadingOptions } from './reading-options.js';

/** @throws VoirsError INVALID_TEXT. */
export function checkString(text: unknown): void {
  if (typeof text === 'string') return;
  throw new VoirsError('INVALID_TEXT', 'The text is not a string', {
    got: shown(text),
    wanted: 'a string',
  });
}

/** INVALID_TEXT, with what was left out. */
export function nothingToSpeak(
  text: string,
  warnings: readonly string[],
  options: ReadingOptions,
): VoirsError {
  const left = warnings.length === 0 ? '' : ` (${warnings.slice(0, 3).join('; ')})`;
  const suggestion = remedy(warnings, options);
  return new VoirsError('INVALID_TEXT', 'There is nothing to speak in the text', {
    got: text.trim() === '' ? 'an empty text' : `${JSON.stringify(shorten(text))}${left}`,
    wanted: 'at least one word, number or letter',
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}

/** The option that speaks what was left out, where there is one. */
function remedy(warnings: readonly string[], { preprocessing, emoji }: ReadingOptions): string | undefined {
  if (preprocessing === 'plain' && warnings.some((warning) => warning.includes('preprocessing is off')))
    return 'Set the option enablePreprocessing to true to read numbers and signs';
  if (emoji !== 'name' && warnings.some((warning) => warning.includes('an emoji')))
    return "Set the option emoji to 'name' to read emoji by their names";
  return undefined;
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}
