// Where input comes from: an argument, a file or stdin.
import { readFile } from 'node:fs/promises';
import { VoirsError } from '../errors.js';
import { decodeText } from '../frontend/decode-text.js';

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

/** The text of a file, or of stdin for `-`. @throws VoirsError IO_ERROR or INVALID_TEXT. */
export async function readTextFile(path: string): Promise<string> {
  return decodeText(await readInput(path), path === '-' ? 'stdin' : path);
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
