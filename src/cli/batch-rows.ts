// The rows of a batch: the lines of a text file, the rows of a CSV file (RFC 4180), the objects of a JSON
// Lines file.

import type { SynthesisOptions } from '../config.js';
import { shown, VoirsError } from '../errors.js';
import { numberOption } from './command.js';
import { checkSynthesisOptions } from './voice-options.js';

/** Formats; each is the extension of its files. */
const BATCH_FORMATS = ['txt', 'csv', 'jsonl'] as const;
type BatchFormat = (typeof BATCH_FORMATS)[number];

/** One text to speak. */
export interface BatchRow {
  /** Line of the file at which the row begins, from 1. */
  line: number;
  /** Name of the row's file, without `.wav`. */
  id: string;
  text: string;
  /** Options of the row, which override those of the run. */
  options: Pick<SynthesisOptions, 'voice' | 'speakingRate' | 'pitchShift' | 'volumeGain'>;
}

interface Draft {
  line: number;
  fields: Readonly<Record<string, string>>;
}

/** The format of a file; stdin (-) has one text a line. @throws VoirsError INVALID_OPTIONS for an extension that is none of the formats. */
export function batchFormat(path: string): BatchFormat {
  if (path === '-') return 'txt';
  const format = BATCH_FORMATS.find((extension) => path.toLowerCase().endsWith(`.${extension}`));
  if (format) return format;
  throw new VoirsError('INVALID_OPTIONS', 'A batch of this kind cannot be read', {
    got: shown(path),
    wanted: `a file that ends in ${BATCH_FORMATS.map((extension) => `.${extension}`).join(', ')}`,
  });
}

/**
 * The rows of a file, all checked before the first is spoken.
 * @throws VoirsError INVALID_TEXT for no rows, INVALID_OPTIONS with the line of a mistake.
 */
export function readRows(content: string, format: BatchFormat): BatchRow[] {
  const drafts = { txt: fromText, csv: fromCsv, jsonl: fromJsonLines }[format](content);
  const width = Math.max(4, String(drafts.length).length);
  const seen = new Map<string, number>();
  const rows = drafts.map(({ line, fields }, i) => {
    const id = checkedId(fields.id || String(i + 1).padStart(width, '0'), line);
    const key = id.toLowerCase(); // some file systems ignore the case
    if (seen.has(key))
      throw wrong(line, 'The id is used twice', id, `another id than that of line ${seen.get(key)}`);
    seen.set(key, line);
    return { line, id, text: fields.text ?? '', options: rowOptions(fields, line) };
  });
  if (rows.length > 0) return rows;
  throw new VoirsError('INVALID_TEXT', 'The batch is empty', { wanted: 'at least one line with a text' });
}

function rowOptions(fields: Draft['fields'], line: number): BatchRow['options'] {
  try {
    const options = {
      voice: fields.voice || undefined,
      speakingRate: numberOption('rate', fields.rate || undefined),
      pitchShift: numberOption('pitch', fields.pitch || undefined),
      volumeGain: numberOption('gain', fields.gain || undefined),
    };
    checkSynthesisOptions(options);
    return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    throw new VoirsError('INVALID_OPTIONS', `Line ${line}: ${error.message}`, { cause: error });
  }
}

/** An id that can name a file on any system. */
function checkedId(id: string, line: number): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(id)) return id;
  throw wrong(line, 'The id cannot name a file', shown(id), 'letters, digits, _ . - (at most 100)');
}

function fromText(content: string): Draft[] {
  return content
    .split(/\r\n|\r|\n/)
    .map((text, i) => ({ line: i + 1, fields: { text } }))
    .filter(({ fields }) => fields.text.trim() !== '');
}

function fromJsonLines(content: string): Draft[] {
  return fromText(content).map(({ line, fields }) => {
    let row: unknown;
    try {
      row = JSON.parse(fields.text!);
    } catch (cause) {
      throw wrong(line, 'This is not JSON', (cause as Error).message, '{ "text": ... }');
    }
    if (typeof row === 'string') return { line, fields: { text: row } };
    const isObject = typeof row === 'object' && row !== null && !Array.isArray(row);
    if (!isObject || typeof (row as { text?: unknown }).text !== 'string') {
      throw wrong(line, 'There is no text', shown(fields.text), '{ "text": ... }');
    }
    const entries = Object.entries(row as object).filter(
      ([, value]) => typeof value === 'string' || typeof value === 'number',
    );
    return { line, fields: Object.fromEntries(entries.map(([name, value]) => [name, String(value)])) };
  });
}

function fromCsv(content: string): Draft[] {
  const [head, ...records] = parseCsv(content);
  const names = head?.cells.map((name) => name.trim().toLowerCase()) ?? [];
  if (!names.includes('text')) {
    throw wrong(1, 'The header has no column text', shown(names), 'id, text, voice, rate, pitch, gain');
  }
  return records.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      throw wrong(line, 'The row does not fit the header', `${cells.length} fields`, `${names.length}`);
    }
    return { line, fields: Object.fromEntries(names.map((name, c) => [name, cells[c]!])) };
  });
}

/**
 * Records of a CSV file, without blank lines.
 * @throws VoirsError INVALID_OPTIONS for a quote without its end.
 */
export function parseCsv(content: string): { line: number; cells: string[] }[] {
  const records: { line: number; cells: string[] }[] = [];
  // One field, quoted (with doubled quotes inside) or plain, and what ends it.
  const field = /(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))(,|\r\n|\r|\n|$)/y;
  let line = 1;
  let record = { line, cells: [] as string[] };
  while (field.lastIndex < content.length || record.cells.length > 0) {
    const match = field.exec(content);
    if (!match)
      throw wrong(line, 'A quote is not closed or stands inside a field', '"', '"..." with "" for a quote');
    const [, quoted, plain, end] = match;
    record.cells.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
    line += (match[0].match(/\r\n|\r|\n/g) ?? []).length;
    if (end === ',') continue;
    if (record.cells.some((cell) => cell.trim() !== '')) records.push(record);
    record = { line, cells: [] };
  }
  return records;
}

function wrong(line: number, what: string, got: string, wanted: string): VoirsError {
  return new VoirsError('INVALID_OPTIONS', `Line ${line}: ${what}`, { got, wanted });
}
