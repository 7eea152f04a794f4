// Where input comes from: an argument, a file or stdin. Text is UTF-8, or UTF-16 as Windows writes it.
import { readFile } from 'node:fs/promises';
import { VoirsError } from '../errors.js';

async function readStdin(): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** The bytes of a file, or of stdin for `-`. @throws VoirsError IO_ERROR when it cannot be read. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    if (path === '-') return await readStdin();
    return await readFile(path);
  } catch (cause) {
    throw new VoirsError('IO_ERROR', `${path === '-' ? 'stdin' : path} cannot be read`, {
      got: (cause as Error).message,
      suggestion: 'Check the path',
      cause,
    });
  }
}

/**
 * The text of bytes: UTF-8, or UTF-16 with its mark or with the zero bytes that Latin letters have in it.
 * @throws VoirsError INVALID_TEXT when the bytes are neither.
 */
function decode(bytes: Uint8Array, source: string): string {
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

/** The text of a file, or of stdin for `-`. @throws VoirsError IO_ERROR or INVALID_TEXT. */
export async function readTextFile(path: string): Promise<string> {
  return decode(await readInput(path), path === '-' ? 'stdin' : path);
}

/**
 * The text of a command line: its arguments, the file, or stdin for `-`.
 * @throws VoirsError INVALID_OPTIONS, IO_ERROR or INVALID_TEXT.
 */
export async function readText(positionals: readonly string[], file: string | undefined): Promise<string> {
  if (file !== undefined && positionals.length > 0) {
    throw new VoirsError('INVALID_OPTIONS', 'There are two texts', {
      got: 'an argument and --file',
      wanted: 'one of them',
    });
  }
  if (file !== undefined) return readTextFile(file);
  if (positionals.length === 1 && positionals[0] === '-') return readTextFile('-');
  if (positionals.length === 0) {
    throw new VoirsError('INVALID_OPTIONS', 'There is no text', {
      wanted: 'an argument, --file FILE, or - for stdin',
    });
  }
  return positionals.join(' ');
}
