// The server is a package of its own, so that nobody who only speaks installs it: it is looked for when it is
// asked for, beside this package and in the folder that the program is run in.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shown, VoirsError } from '../errors.js';

const NAME = 'voirs-server';

/** The part of voirs-server that the command uses. */
export interface ServerPackage {
  createServer(options: object): Promise<{ readonly url: string; close(): Promise<void> }>;
  newKey(name: string): { key: string; line: string };
}

/** @throws VoirsError PACKAGE_NOT_FOUND that says what to install. */
export async function serverPackage(): Promise<ServerPackage> {
  let specifier = NAME;
  try {
    // Some package managers keep packages apart: then the program's folder knows it.
    import.meta.resolve(NAME);
  } catch {
    try {
      const fromHere = createRequire(join(process.cwd(), 'voirs.js'));
      specifier = pathToFileURL(fromHere.resolve(NAME)).href;
    } catch (cause) {
      throw missing('it is not installed', cause);
    }
  }
  try {
    return (await import(specifier)) as ServerPackage;
  } catch (cause) {
    throw missing(shown((cause as Error).message.split('\n')[0]), cause);
  }
}

function missing(got: string, cause: unknown): VoirsError {
  return new VoirsError('PACKAGE_NOT_FOUND', 'The server cannot be loaded', {
    got,
    wanted: `the package ${NAME}`,
    suggestion: `Run npm install ${NAME}`,
    cause,
  });
}
