// `voirs setup tensorflow`: everything between an empty folder and a binding that computes, step by step. A step that
// is done is not done again, so an interrupted set-up goes on where it stopped.
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

/** How the set-up is done. */
export interface SetupOptions {
  /** Where to; default: VOIRS_TENSORFLOW_DIR, or voirs/tensorflow in the user's cache. */
  folder?: string;
  /** libtensorflow for NVIDIA GPUs with CUDA and cuDNN, 3 GB to download, instead of the one for the CPU. */
  cuda?: boolean;
  /** A wheel downloaded by hand, where pip is missing or has no way out. */
  wheel?: string;
  /** Begin anew. */
  force?: boolean;
  report?: (line: string) => void;
  signal?: AbortSignal;
}

/** What was set up. */
export interface SetupResult {
  folder: string;
  record: SetupRecord;
  /** Of the backend that was tried at the end. */
  versions: Readonly<Record<string, string>>;
}

/**
 * Sets libtensorflow up and tries it.
 * @throws VoirsError DEVICE_ERROR that names the step and what to do; what earlier steps made stays.
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

/** Which library the folder is for; without this file in it a folder that is not empty is somebody else's. */
const MARKER = '.voirs-tensorflow';

/** Makes or empties the folder; one with other things in it, or with the other library, is left alone. */
function prepareFolder(folder: string, { cuda, force }: { cuda: boolean; force: boolean }): void {
  const marker = join(folder, MARKER);
  const kind = cuda ? 'CUDA' : 'the CPU';
  try {
    mkdirSync(folder, { recursive: true });
    if (!existsSync(marker) && readdirSync(folder).length > 0) {
      throw new VoirsError('INVALID_OPTIONS', 'The folder of the set-up has other things in it', {
        got: folder,
        suggestion: 'Name a new or empty one with --dir',
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
      suggestion: 'Name another with --dir, and set VOIRS_TENSORFLOW_DIR to it',
      cause,
    });
  }
}

/** Writes the record and loads what was built; the record goes away when that fails. */
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
      suggestion: 'Run it with --force, which begins anew',
      cause,
    });
  } finally {
    if (before === undefined) delete process.env.VOIRS_TENSORFLOW_DIR;
    else process.env.VOIRS_TENSORFLOW_DIR = before;
  }
}
