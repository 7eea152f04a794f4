// Where input comes from: an argument, a file or stdin. Text is always UTF-8.
import { readFile } from 'node:fs/promises';
import { VoirsError } from '../errors.js';

/** The bytes of a file. @throws VoirsError IO_ERROR when it cannot be read. */
export async function readInput(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new VoirsError('IO_ERROR', `${path} cannot be read`, {
      got: (cause as Error).message,
      suggestion: 'Check the path',
      cause,
    });
  }
}

/** @throws VoirsError INVALID_TEXT when the bytes are not UTF-8. */
function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new VoirsError('INVALID_TEXT', `${source} is not UTF-8 text`, {
      suggestion: 'Convert it to UTF-8',
      cause,
    });
  }
}

/** The text of a file. @throws VoirsError IO_ERROR or INVALID_TEXT. */
export async function readTextFile(path: string): Promise<string> {
  return decode(await readInput(path), path);
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
  if (file !== undefined && file !== '-') return readTextFile(file);
  if (file === '-' || (positionals.length === 1 && positionals[0] === '-')) {
    const pieces: Buffer[] = [];
    for await (const piece of process.stdin) pieces.push(piece as Buffer);
    return decode(Buffer.concat(pieces), 'stdin');
  }
  if (positionals.length === 0) {
    throw new VoirsError('INVALID_OPTIONS', 'There is no text', {
      wanted: 'an argument, --file FILE, or - for stdin',
    });
  }
  return positionals.join(' ');
}
