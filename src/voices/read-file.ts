// Files of voices and models, read whole after a look at their size, and the reasons why one cannot be read.
import { VoirsError } from '../errors.js';
import { FileFailure, type OpenFile } from '../host/contract.js';
import { host } from '../host/host.js';

export const MAX_JSON_BYTES = 16 * 2 ** 20;
export const MAX_WEIGHTS_BYTES = 2 ** 31 - 1; // what Node reads at once

const { within, nameOf } = host.files;

/** What to do about a file that is not the one it should be. */
export const AGAIN =
  host.name === 'browser'
    ? 'see that the server gives the file whole and unchanged'
    : 'install the voice again';

/** Names of the weights in a folder as Hugging Face saves a model, the first that is there. */
export const HUGGING_FACE_WEIGHTS = ['model.safetensors', 'pytorch_model.bin'] as const;

/** The location of the weights in a folder as Hugging Face saves it. @throws VoirsError INVALID_WEIGHTS. */
export async function weightsWithin(folder: string): Promise<string> {
  for (const name of HUGGING_FACE_WEIGHTS) {
    const location = within(folder, name);
    try {
      await host.files.open(location);
      return location;
    } catch (cause) {
      if (!(cause instanceof FileFailure && cause.kind === 'missing')) throw explain(cause, name);
    }
  }
  throw new VoirsError('INVALID_WEIGHTS', `${nameOf(folder)} holds no weights`, {
    got: 'config.json alone',
    wanted: HUGGING_FACE_WEIGHTS.join(' or '),
    suggestion: 'Fetch the weights too; a model in several files must be saved as one.',
  });
}

/** A text file, decoded. */
export async function readText(location: string): Promise<string> {
  return new TextDecoder().decode(await readChecked(location, MAX_JSON_BYTES));
}

export function checkSize(bytes: number, name: string, limit: number, size?: number): void {
  if (bytes <= limit && (size === undefined || bytes === size)) return;
  throw new VoirsError('INVALID_WEIGHTS', `${name} has the wrong size`, {
    got: `${bytes} bytes`,
    wanted: size === undefined ? `at most ${limit} bytes` : `${size} bytes`,
    suggestion: `The file is incomplete or another one: ${AGAIN}.`,
  });
}

/** Opens a file, after checking its size where that is known before it is in memory, and says why where it fails. */
export async function opened<T>(
  path: string,
  limit: number,
  size: number | undefined,
  use: (file: OpenFile, name: string) => Promise<T>,
  sha256?: string,
): Promise<T> {
  const name = nameOf(path);
  try {
    const file = await host.files.open(path, sha256);
    if (file.bytes !== undefined) checkSize(file.bytes, name, limit, size);
    return await use(file, name);
  } catch (cause) {
    throw explain(cause, name);
  }
}

/** A file whole. @throws VoirsError INVALID_WEIGHTS for one that is missing or larger than `limit`. */
export async function readChecked(path: string, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  return opened(path, limit, undefined, async (file, name) => {
    const bytes = await file.read();
    checkSize(bytes.length, name, limit);
    return bytes;
  });
}

/** Whether an error says that there is no such file. */
export const isMissing = (error: unknown): boolean =>
  error instanceof VoirsError && error.cause instanceof FileFailure && error.cause.kind === 'missing';

/** A failure of the host as an error for the caller. */
export function explain(cause: unknown, name: string): unknown {
  if (!(cause instanceof FileFailure)) return cause;
  if (cause.kind === 'not-a-file') {
    return new VoirsError('INVALID_WEIGHTS', `${name} is not a file`, {
      got: cause.got,
      wanted: 'a file',
      suggestion: 'Check the path.',
      cause,
    });
  }
  const advice = {
    missing: 'Check the path, or install the voice again.',
    replaced: 'Load the voice again.',
    failed: 'Check the permissions.',
  };
  const code = cause.kind === 'failed' ? 'IO_ERROR' : 'INVALID_WEIGHTS';
  return new VoirsError(code, `${name} cannot be read`, {
    got: cause.got,
    wanted: 'a readable file',
    suggestion: cause.suggestion ?? advice[cause.kind],
    cause,
  });
}

/** A text file of a folder, by its plain name; undefined where there is none. */
export async function textWithin(folder: string, name: string): Promise<string | undefined> {
  try {
    return await readText(within(folder, nameOf(name)));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
