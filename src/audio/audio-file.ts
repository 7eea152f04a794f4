// Files in and out, with errors that say which file and what to do.
import { readFile, writeFile } from 'node:fs/promises';
import { VoirsError } from '../errors.js';

/** @throws VoirsError IO_ERROR. */
export async function readAudioFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new VoirsError('IO_ERROR', `The audio could not be read from ${path}`, {
      got: (cause as Error).message,
      suggestion: 'Check that the file exists and can be read',
      cause,
    });
  }
}

/** @throws VoirsError IO_ERROR. */
export async function writeAudioFile(path: string, file: Uint8Array): Promise<void> {
  try {
    await writeFile(path, file);
  } catch (cause) {
    throw new VoirsError('IO_ERROR', `The audio could not be written to ${path}`, {
      got: (cause as Error).message,
      suggestion: 'Check that the folder exists and can be written to',
      cause,
    });
  }
}
