// `voirs setup tensorflow`: sets libtensorflow up in a folder, step by step. Finished steps are not repeated,
// so an interrupted set-up continues where it stopped.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tensorflowPlugin } from '../../backends/tensorflow/backend.js';
import { readSetupRecord, type SetupRecord, STEPS, setupFolder } from '../../backends/tensorflow/place.js';
import { VoirsError } from '../../errors.js';
import { compileAddon } from './addon.js';
import { fetchLibrary } from './library.js';
import pins from './pins.json' with { type: 'json' };
import { type SetupContext, type StepName, stepFailed } from './programs.js';
import { fetchSources } from './sources.js';

/** Options of the set-up. */
interface SetupOptions {
  /** Default: VOIRS_TENSORFLOW_DIR, or voirs/tensorflow in the user's cache. */
  folder?: string;
  /** libtensorflow for NVIDIA GPUs with CUDA and cuDNN, 3 GB to download, instead of the one for the CPU. */
  cuda?: boolean;
  /** A downloaded wheel, for machines without pip or without access to its index. */
  wheel?: string;
  /** Start over. */
  force?: boolean;
  report?: (line: string) => void;
  signal?: AbortSignal;
}

/** What was set up. */
interface SetupResult {
  folder: string;
  record: SetupRecord;
  /** Versions of the backend that the check loaded. */
  versions: Readonly<Record<string, string>>;
}

/**
 * Sets libtensorflow up and checks that it loads.
 * @throws VoirsError DEVICE_ERROR, which names the step and what to do; the results of earlier steps stay.
 */
export async function setupTensorflow(options: SetupOptions = {}): Promise<SetupResult> {
  const folder = options.folder === undefined ? setupFolder() : resolve(options.folder);
  const { cuda = false, report = () => {}, signal, wheel } = options;
  const context: SetupContext = { folder, cuda, report, signal };
  prepareFolder(folder, { cuda, force: options.force === true });
  const work: Record<StepName, () => Promise<void>> = {
    sources: () => fetchSources(context),
    library: () => fetchLibrary({ ...context, wheel }),
    'add-on': () => compileAddon(context),
    check: async () => {},
  };
  let isCurrent = true;
  for (const [i, { step, file, what }] of STEPS.entries()) {
    if (signal?.aborted) throw new VoirsError('ABORTED', 'The set-up was interrupted');
    isCurrent &&= existsSync(join(folder, file));
    report(
      `step ${i + 1} of ${STEPS.length}, ${what}${isCurrent && step !== 'check' ? ': done before' : ''}`,
    );
    if (!isCurrent) await work[step]();
  }
  const record = { tensorflow: pins.wheel.version, tfjsNode: pins.tfjsNode.version, cuda };
  const versions = await check(folder, record);
  rmSync(join(folder, 'download'), { recursive: true, force: true });
  return { folder, record, versions };
}

/** File that names the library a folder is for. A folder with other files and without this one is refused. */
const MARKER = '.voirs-tensorflow';

/** Makes or empties the folder; a folder with other files, or with the other library, is left as it is. */
function prepareFolder(folder: string, { cuda, force }: { cuda: boolean; force: boolean }): void {
  const marker = join(folder, MARKER);
  const kind = cuda ? 'CUDA' : 'the CPU';
  try {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(marker) && readdirSync(folder).length > 0) {
      throw new VoirsError('INVALID_OPTIONS', 'The folder of the set-up has other files in it', {
        got: folder,
        suggestion: 'Name a new or empty folder with --dir',
      });
    }
    if (force) for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
    const before = existsSync(marker) ? readFileSync(marker, 'utf8') : kind;
    const version = readSetupRecord(folder)?.tensorflow ?? pins.wheel.version;
    if (before !== kind || version !== pins.wheel.version) {
      throw new VoirsError('DEVICE_ERROR', 'Another libtensorflow is set up in that folder', {
        got: `${version} for ${before}`,
        wanted: `${pins.wheel.version} for ${kind}`,
        suggestion: 'Replace it with --force, or name another folder with --dir',
      });
    }
    writeFileSync(marker, kind);
  } catch (cause) {
    if (cause instanceof VoirsError) throw cause;
    throw new VoirsError('IO_ERROR', 'The folder of the set-up cannot be written', {
      got: (cause as Error).message,
      suggestion: 'Name another folder with --dir, and set VOIRS_TENSORFLOW_DIR to it',
      cause,
    });
  }
}

/** Writes the record and loads what was built; removes the record when that fails. */
async function check(folder: string, record: SetupRecord): Promise<SetupResult['versions']> {
  const path = join(folder, 'setup.json');
  writeFileSync(path, `${JSON.stringify(record)}\n`);
  const before = process.env.VOIRS_TENSORFLOW_DIR;
  process.env.VOIRS_TENSORFLOW_DIR = folder;
  try {
    const backend = await tensorflowPlugin.create({ numThreads: 1 });
    const { versions } = backend;
    backend.dispose();
    return versions;
  } catch (cause) {
    rmSync(path);
    throw stepFailed('check', 'what was built does not load', {
      got: cause instanceof VoirsError ? cause.got : String(cause),
      suggestion: 'Run it with --force, which starts over',
      cause,
    });
  } finally {
    if (before === undefined) delete process.env.VOIRS_TENSORFLOW_DIR;
    else process.env.VOIRS_TENSORFLOW_DIR = before;
  }
}
