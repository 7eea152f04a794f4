// The names of a batch's files, from a template: all of them before the first row is spoken, so that no two rows write to
// one file and --verify finds them without a voice.
import { type AudioFormat, extensionOf } from '../audio/formats/format.js';
import { nearestName, shown, VoirsError } from '../errors.js';
import type { BatchRow } from './batch-rows.js';

/** What a template may name. */
const FIELDS = ['id', 'voice', 'line', 'number', 'ext'] as const;
type Field = (typeof FIELDS)[number];

/** The name of a file that no template gives. */
export const USUAL_NAME = '{id}.{ext}';

/** Whether a template asks for the voice of a row. */
export const namesVoice = (template: string): boolean => template.includes('{voice}');

/**
 * The names of the rows' files, in order.
 * @param voice id of the voice of rows that name none.
 * @throws VoirsError INVALID_OPTIONS for a template with unknown fields or without the extension, for a name that no
 * system takes, and for one that two rows have.
 */
export function rowNames(
  rows: readonly BatchRow[],
  template: string,
  format: AudioFormat,
  voice: string,
): string[] {
  checkTemplate(template, format);
  const width = Math.max(4, String(rows.length).length);
  const seen = new Map<string, number>();
  return rows.map((row, i) => {
    const values: Record<Field, string> = {
      id: row.id,
      voice: row.options.voice ?? voice,
      line: String(row.line),
      number: String(i + 1).padStart(width, '0'),
      ext: extensionOf(format),
    };
    const name = template.replace(/\{(\w+)\}/g, (_, field: Field) => values[field]);
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$/.test(name)) {
      throw new VoirsError('INVALID_OPTIONS', `Line ${row.line}: --name gives no name of a file`, {
        got: shown(name),
        wanted: 'letters, digits, _ . - (at most 200)',
      });
    }
    const key = name.toLowerCase(); // some file systems ignore the case
    if (seen.has(key)) {
      throw new VoirsError(
        'INVALID_OPTIONS',
        `Line ${row.line}: --name gives the name of line ${seen.get(key)}`,
        {
          got: shown(name),
          suggestion: 'Put {id} or {number} into it',
        },
      );
    }
    seen.set(key, row.line);
    return name;
  });
}

function checkTemplate(template: string, format: AudioFormat): void {
  for (const [, field] of template.matchAll(/\{(\w*)\}/g)) {
    if (FIELDS.includes(field as Field)) continue;
    const nearest = nearestName(field!, FIELDS);
    throw new VoirsError('INVALID_OPTIONS', '--name has an unknown field', {
      got: shown(`{${field}}`),
      wanted: FIELDS.map((one) => `{${one}}`).join(', '),
      ...(nearest === undefined ? {} : { suggestion: `Did you mean {${nearest}}?` }),
    });
  }
  const extension = extensionOf(format);
  if (template.endsWith('.{ext}') || template.endsWith(`.${extension}`)) return;
  throw new VoirsError('INVALID_OPTIONS', '--name does not end with the extension of the format', {
    got: shown(template),
    wanted: `.{ext} or .${extension}`,
  });
}
