// Files in and out, with errors that say which file and what to do.
import { VoirsError } from '../errors.js';
import type { FileFailure } from '../host/contract.js';
import { host } from '../host/host.js';

/** @param path a URL in a browser. @throws VoirsError IO_ERROR. */
export async function readAudioFile(path: string): Promise<Uint8Array> {
  try {
    return await (await host.files.open(path)).read();
  } catch (cause) {
    const { got, suggestion = 'Check that the file exists and can be read' } = cause as FileFailure;
    throw new VoirsError('IO_ERROR', `The audio could not be read from ${path}`, { got, suggestion, cause });
  }
}

/** @throws VoirsError IO_ERROR; in a browser always. */
export async function writeAudioFile(path: string, file: Uint8Array): Promise<void> {
  try {
    await host.files.write(path, file);
  } catch (cause) {
    const { got, suggestion = 'Check that the folder exists and can be written to' } = cause as FileFailure;
    throw new VoirsError('IO_ERROR', `The audio could not be written to ${path}`, { got, suggestion, cause });
  }
}
