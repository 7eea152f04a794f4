// voirs studio: serves the studio to the browser of this machine, or writes it as a folder for a web server.
import { cp, mkdir, readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VoirsError } from '../../errors.js';
import { defineCommand, integerOption } from '../command.js';
import { SERVED_FOLDERS, startStudioServer } from '../studio-server.js';

const DEFAULT_PORT = 7270;

const root = fileURLToPath(new URL('../../../', import.meta.url));

export const studio = defineCommand({
  usage: '[options]',
  details:
    'The studio runs in the browser: write, listen, shape and save speech; no text leaves the machine.\n' +
    'It is served to this machine only, until Ctrl-C. --out writes the same as static files for any web\n' +
    'server: https://, byte for byte, .wasm as application/wasm.',
  options: {
    port: {
      type: 'string',
      short: 'p',
      value: 'PORT',
      help: `Port; 0 takes any that is free (default ${DEFAULT_PORT})`,
    },
    out: {
      type: 'string',
      short: 'o',
      value: 'FOLDER',
      help: 'Write the studio and its voices into a folder instead',
    },
  },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const port = integerOption('--port', values.port, { min: 0, max: 65535 }) ?? DEFAULT_PORT;
    const page = join(root, 'dist', 'studio');
    if (!(await stat(join(page, 'index.html')).catch(() => undefined))) {
      throw new VoirsError('IO_ERROR', 'The studio is not built', {
        got: 'a package without dist/studio',
        suggestion: 'In a clone run npm run studio; otherwise install voirs again.',
      });
    }
    if (values.out !== undefined) {
      await writeStudio(page, values.out);
      await terminal.print(resolve(values.out));
      return;
    }
    const { signal } = terminal;
    const { server, url } = await startStudioServer(root, port);
    await terminal.print(`The studio is at ${url} (Ctrl-C ends it)`);
    await new Promise<void>((done) => {
      if (signal.aborted) done();
      signal.addEventListener('abort', () => done(), { once: true });
    });
    server.close();
    server.closeAllConnections();
  },
});

/** Maps, declarations and the marks of the build stay in the package. */
const isServed = (path: string): boolean => !/\.(map|d\.ts)$|[\\/]\.[^\\/]*$/.test(path);

/** @throws VoirsError IO_ERROR when the folder holds something or cannot be written. */
async function writeStudio(page: string, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    if ((await readdir(folder)).length > 0) {
      throw new VoirsError('IO_ERROR', 'The folder is not empty', {
        got: folder,
        suggestion: 'Name a new folder.',
      });
    }
    await cp(page, folder, { recursive: true, filter: isServed });
    for (const part of SERVED_FOLDERS) {
      await cp(join(root, part), join(folder, 'voirs', part), {
        recursive: true,
        filter: isServed,
      });
    }
  } catch (cause) {
    if (cause instanceof VoirsError) throw cause;
    throw new VoirsError('IO_ERROR', 'The studio cannot be written', {
      got: (cause as Error).message,
      cause,
    });
  }
}
