// Which step towards computing on an NVIDIA card is missing, and what to do about it. Only files are
// examined: no library is loaded and no program runs, so a container build gives the same answer.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readSetupRecord, setupFolder } from '../../backends/tensorflow/place.js';
import type { Terminal } from '../terminal.js';
import pins from './pins.json' with { type: 'json' };

/** One requirement of CUDA. */
interface CudaStep {
  step: 'driver' | 'card' | 'library' | 'cuda-libraries' | 'add-on' | 'check';
  /** What is looked for, for people. */
  what: string;
  /** What was found. */
  found?: string;
  /** What is wrong, and what to do about it. */
  missing?: string;
  advice?: string;
}

/** Where to look; the defaults are those of this machine. */
interface CudaView {
  /** The folder that stands for `/`. */
  root?: string;
  /** The folder of the set-up. */
  folder?: string;
  /** LD_LIBRARY_PATH. */
  libraryPath?: string | undefined;
}

/** Oldest driver that runs programs of CUDA 12 (NVIDIA: minor version compatibility). */
const OLDEST_DRIVER = 525;

/** Where drivers put libcuda.so.1, besides the folders in ld.so.conf.d: distributions, containers, WSL. */
const LIBRARY_FOLDERS = [
  ...['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64'],
  ...[
    '/usr/lib',
    '/usr/local/nvidia/lib64',
    '/usr/local/nvidia/lib',
    '/usr/lib/wsl/lib',
    '/run/opengl-driver/lib',
  ],
];

const SET_UP = 'run `npx voirs setup tensorflow --cuda`';
const SET_UP_ANEW = 'run `npx voirs setup tensorflow --cuda --force`';

/** Every step in order, with what was found or what is missing. */
export function cudaSteps(view: CudaView = {}): CudaStep[] {
  const { root = '/', folder = setupFolder() } = view;
  const at = (path: string): string => join(root, path);
  const outcome = (found: string | undefined, missing: string, advice: string) =>
    found === undefined ? { missing, advice } : { found };
  return [
    { step: 'driver', what: "NVIDIA's driver (libcuda.so.1)", ...driver(at, view) },
    {
      step: 'card',
      what: 'a card (/dev/nvidiactl)',
      ...outcome(
        ['/dev/nvidiactl', '/dev/dxg'].find((path) => existsSync(at(path))),
        'this system sees no card: there is no /dev/nvidiactl',
        'start the container with the card (docker run --gpus all); on the machine itself check the output of nvidia-smi',
      ),
    },
    { step: 'library', what: 'libtensorflow for CUDA', ...library(folder) },
    { step: 'cuda-libraries', what: 'CUDA and cuDNN beside it', ...cudaLibraries(folder) },
    {
      step: 'add-on',
      what: 'the compiled add-on',
      ...outcome(
        fileIn(folder, 'tfjs_binding.node'),
        'the add-on has not been compiled',
        `${SET_UP}, which goes on from there; it needs a C++17 compiler`,
      ),
    },
    {
      step: 'check',
      what: 'the check of what was built',
      ...outcome(
        fileIn(folder, 'setup.json'),
        'the set-up has not been finished',
        `${SET_UP}, which goes on from there`,
      ),
    },
  ];
}

/** The first missing step; undefined when CUDA has all it needs. */
export function firstMissing(
  steps: readonly CudaStep[],
): (CudaStep & { missing: string; advice: string }) | undefined {
  return steps.find(
    (step): step is CudaStep & { missing: string; advice: string } => step.missing !== undefined,
  );
}

function fileIn(folder: string, name: string): string | undefined {
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}

type Outcome = Pick<CudaStep, 'found' | 'missing' | 'advice'>;

function driver(
  at: (path: string) => string,
  { libraryPath = process.env.LD_LIBRARY_PATH }: CudaView,
): Outcome {
  const named = (libraryPath ?? '').split(':').filter(Boolean);
  const folders = [...named, ...LIBRARY_FOLDERS, ...configuredFolders(at('/etc/ld.so.conf.d'))];
  const path = folders.map((one) => at(join(one, 'libcuda.so.1'))).find((one) => existsSync(one));
  if (path === undefined) {
    return {
      missing: 'there is no NVIDIA driver: no libcuda.so.1',
      advice: `install the driver, ${OLDEST_DRIVER} or later (no CUDA toolkit is needed); a container gets it from its host with --gpus all`,
    };
  }
  // The link's end has the driver's version in its name: libcuda.so.580.159.04.
  const version = /\.so\.(\d[\d.]+)$/.exec(basename(realpathSync(path)))?.[1];
  if (version?.includes('.') && Number.parseInt(version, 10) < OLDEST_DRIVER) {
    return {
      missing: `the NVIDIA driver is ${version}, too old for CUDA 12`,
      advice: `install ${OLDEST_DRIVER} or later`,
    };
  }
  return { found: version?.includes('.') ? `${path}, driver ${version}` : path };
}

/** Folders that the system's loader searches too. */
function configuredFolders(path: string): string[] {
  try {
    return readdirSync(path)
      .filter((name) => name.endsWith('.conf'))
      .flatMap((name) => readFileSync(join(path, name), 'utf8').split('\n'))
      .filter((line) => line.startsWith('/'))
      .map((line) => line.trim());
  } catch {
    return []; // no such folder here
  }
}

function library(folder: string): Outcome {
  const path = fileIn(folder, join('tensorflow', 'libtensorflow_cc.so.2'));
  const kind = fileIn(folder, '.voirs-tensorflow');
  const isForCpu =
    path && (readSetupRecord(folder)?.cuda === false || (kind && readFileSync(kind, 'utf8') !== 'CUDA'));
  if (isForCpu) {
    return { missing: `the libtensorflow in ${folder} is the one for the CPU`, advice: SET_UP_ANEW };
  }
  if (path) return { found: path };
  return { missing: `libtensorflow is not set up in ${folder}`, advice: SET_UP };
}

function cudaLibraries(folder: string): Outcome {
  const absent = pins.cudaLibraries.filter((path) => !existsSync(join(folder, 'nvidia', path)));
  if (absent.length === 0)
    return { found: `${pins.cudaLibraries.length} libraries in ${join(folder, 'nvidia')}` };
  const names = absent.map((path) => basename(path));
  const listed =
    names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
  return {
    missing: `NVIDIA's libraries are not beside libtensorflow: ${listed}`,
    advice: SET_UP_ANEW,
  };
}

/** Prints the steps, one a line, for `voirs doctor --cuda`; the exit code is 1 when one is missing. */
export async function reportCuda(asJson: boolean, terminal: Terminal): Promise<void> {
  const steps = cudaSteps();
  const gap = firstMissing(steps);
  if (gap) process.exitCode = 1;
  if (asJson) {
    await terminal.printJson({ steps, isReady: gap === undefined });
    return;
  }
  const lines = steps.map(({ what, found, missing, advice }, i) =>
    missing === undefined
      ? `${i + 1}  found    ${what}: ${found}`
      : `${i + 1}  MISSING  ${what}: ${missing}; ${advice}`,
  );
  const end = gap
    ? `Begin with ${steps.indexOf(gap) + 1}.`
    : 'Nothing is missing; `voirs doctor` without --cuda checks whether it computes.';
  await terminal.print([...lines, end].join('\n'));
}

/** What a set-up for CUDA that runs on the CPU lacks; undefined when it lacks nothing. */
export function cudaGap(versions: Readonly<Record<string, string>>): string | undefined {
  const isOnCpu = /^CPU/.test(versions.features ?? '');
  if (!isOnCpu || readSetupRecord(setupFolder())?.cuda !== true) return undefined;
  const gap = firstMissing(cudaSteps());
  return gap
    ? `set up for CUDA, but on the CPU: ${gap.missing}; ${gap.advice}`
    : 'set up for CUDA, but on the CPU: libtensorflow found no card that it supports; check the output of nvidia-smi';
}
