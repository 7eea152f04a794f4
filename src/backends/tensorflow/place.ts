// Finds libtensorflow's binding on this machine, or says which step of its set-up is missing.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { environment } from '../environment.js';

/** What `voirs setup tensorflow` writes to setup.json when it has finished. */
export interface SetupRecord {
  /** Version of the wheel that libtensorflow came from. */
  tensorflow: string;
  tfjsNode: string;
  /** Whether the libraries are those for CUDA. */
  cuda: boolean;
}

/** A binding that can be loaded. */
export interface BindingPlace {
  /** The add-on. */
  addon: string;
  /** tfjs-node's compiled JavaScript. */
  scripts: string;
  tfjsNode: string;
  /** Whether its libraries are those for CUDA. */
  hasCuda: boolean;
  /** Where it comes from, for messages. */
  origin: string;
}

/** The libraries in the wheel. */
export const LIBRARIES = ['libtensorflow_framework.so.2', 'libtensorflow_cc.so.2'] as const;

/** The steps of a set-up in order, with the file below its folder that each makes. */
export const STEPS = [
  {
    step: 'sources',
    file: join('tfjs-node', 'dist', 'nodejs_kernel_backend.js'),
    what: "tfjs-node's sources",
  },
  { step: 'library', file: join('tensorflow', 'libtensorflow_cc.so.2'), what: 'libtensorflow' },
  { step: 'add-on', file: 'tfjs_binding.node', what: 'the compiled add-on' },
  { step: 'check', file: 'setup.json', what: 'the check of what was built' },
] as const;

/** The folder of the set-up: VOIRS_TENSORFLOW_DIR, or voirs/tensorflow in the user's cache. */
export function setupFolder(): string {
  const named = environment().VOIRS_TENSORFLOW_DIR;
  return named ? resolve(named) : join(userCacheFolder(), 'tensorflow');
}

/**
 * The folder for what voirs can fetch or build again: VOIRS_CACHE_DIR, or `voirs` in the platform's folder
 * for caches.
 */
function userCacheFolder(): string {
  const { VOIRS_CACHE_DIR, XDG_CACHE_HOME, LOCALAPPDATA } = environment();
  if (VOIRS_CACHE_DIR) return VOIRS_CACHE_DIR;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'voirs');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'voirs');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'voirs');
  return join(homedir(), '.cache', 'voirs');
}

/** The set-up's record, or undefined when it has not been finished. */
export function readSetupRecord(folder: string): SetupRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'setup.json'), 'utf8')) as SetupRecord;
  } catch {
    return undefined;
  }
}

/**
 * The binding to load: what `voirs setup tensorflow` built, else a @tensorflow/tfjs-node or -gpu that the
 * program has installed with its own add-on. Where there is neither, one sentence says what is missing and
 * what to do.
 */
export function findBinding(): BindingPlace | { missing: string } {
  const folder = setupFolder();
  const record = readSetupRecord(folder);
  const gaps = STEPS.filter(({ file }) => !existsSync(join(folder, file)));
  if (record && gaps.length === 0) {
    return {
      addon: join(folder, 'tfjs_binding.node'),
      scripts: join(folder, 'tfjs-node', 'dist'),
      tfjsNode: record.tfjsNode,
      hasCuda: record.cuda,
      origin: `voirs setup tensorflow${record.cuda ? ' --cuda' : ''}`,
    };
  }
  const installed = environment().VOIRS_TENSORFLOW_DIR ? undefined : findInstalled();
  if (installed) return installed;
  const [gap] = gaps;
  const isBegun = gaps.length < STEPS.length;
  const number = STEPS.findIndex(({ step }) => step === gap?.step) + 1;
  return {
    missing: isBegun
      ? `its set-up in ${folder} stopped before step ${number} of ${STEPS.length} (${gap?.what ?? 'setup.json'}); run \`npx voirs setup tensorflow\` again, which goes on from there`
      : `libtensorflow is not set up (nothing in ${folder}); run \`npx voirs setup tensorflow\`, with --cuda for an NVIDIA GPU`,
  };
}

/** A package that the program has installed together with its add-on. */
function findInstalled(): BindingPlace | undefined {
  const fromProgram = createRequire(pathToFileURL(join(process.cwd(), 'package.json')));
  for (const require of [fromProgram, createRequire(import.meta.url)]) {
    for (const name of ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu']) {
      try {
        const manifest = require.resolve(`${name}/package.json`);
        const addon = join(dirname(manifest), 'lib', 'napi-v8', 'tfjs_binding.node');
        if (!existsSync(addon)) continue;
        const { version } = require(manifest) as { version: string };
        return {
          addon,
          scripts: join(dirname(manifest), 'dist'),
          tfjsNode: version,
          hasCuda: name.endsWith('-gpu'),
          origin: name,
        };
      } catch {
        // Not installed there.
      }
    }
  }
  return undefined;
}
