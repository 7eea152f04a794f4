// Step 2: takes libtensorflow and the headers of its C API out of the wheel on PyPI. tfjs-node's own
// installer fetches libtensorflow 2.9 of 2022 from a storage bucket that many machines cannot reach, and
// newer GPUs do not support its CUDA 11.2.
import { existsSync, mkdirSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { LIBRARIES } from '../../backends/tensorflow/place.js';
import { VoirsError } from '../../errors.js';
import pins from './pins.json' with { type: 'json' };
import { lastWords, runProgram, type SetupContext, stepFailed } from './programs.js';
import { unpackWheel } from './wheel.js';

/** The headers that the add-on includes, directly or not. */
const HEADERS =
  /^tensorflow\/include\/((tensorflow\/c\/(c_api|c_api_macros|tf_\w+|eager\/c_api)\.h)|((tensorflow\/core|tsl)\/platform\/ctstring(_internal)?\.h)|((tensorflow\/compiler\/)?xla\/tsl\/c\/tsl_status\.h))$/;

/** What the step is given. */
interface LibraryOptions extends SetupContext {
  /** A downloaded wheel; pip fetches it otherwise. */
  wheel: string | undefined;
}

/** Fills tensorflow/ with the two libraries, include/ with the headers and, with CUDA, nvidia/. */
export async function fetchLibrary(options: LibraryOptions): Promise<void> {
  const { folder, cuda, report, signal } = options;
  const gap = LIBRARIES.find((name) => !existsSync(join(folder, 'tensorflow', name)));
  if (gap !== undefined) {
    checkSpace(folder, cuda);
    const wheel = options.wheel ?? (await downloadWheel(options));
    report('unpacking libtensorflow and its headers');
    const libraries = new Map(LIBRARIES.map((name) => [`tensorflow/${name}`, join('tensorflow', name)]));
    let metadata: string;
    try {
      const unpacked = await unpackWheel(
        wheel,
        folder,
        (name) => libraries.get(name) ?? (HEADERS.test(name) ? name.replace(/^tensorflow\//, '') : undefined),
        signal,
      );
      if (!unpacked.files.some((name) => libraries.has(name)))
        throw new Error('it has no libtensorflow_cc.so.2');
      metadata = unpacked.metadata;
    } catch (cause) {
      if (signal?.aborted) throw new VoirsError('ABORTED', 'The set-up was interrupted');
      rmSync(join(folder, 'download', 'wheel'), { recursive: true, force: true });
      throw stepFailed('library', 'the wheel could not be unpacked', {
        got: (cause as Error).message,
        suggestion: options.wheel
          ? `Give a wheel of tensorflow ${pins.wheel.version} for this machine`
          : 'Check that the disk is not full',
        cause,
      });
    }
    if (cuda) await fetchCuda(metadata, options);
    await strip(options);
  }
  rmSync(join(folder, 'download', 'wheel'), { recursive: true, force: true });
}

function checkSpace(folder: string, cuda: boolean): void {
  const wanted = pins.wheel.bytes[cuda ? 'cuda' : 'cpu'];
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= wanted) return;
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  throw stepFailed('library', 'the disk has too little room', {
    got: `${gigabytes(bavail * bsize)} free; ${gigabytes(wanted)} are needed for unpacking`,
    suggestion: 'Make room, or name another folder with --dir',
  });
}

/** The wheel's name and tags for this machine. */
function wheelHere(cuda: boolean): { name: string; platform: string } {
  const packages = pins.wheel.packages as Record<string, { cpu: string; cuda?: string; platform: string }>;
  const here = process.platform === 'linux' ? packages[process.arch] : undefined;
  const name = cuda ? here?.cuda : here?.cpu;
  if (here && name !== undefined) return { name, platform: here.platform };
  throw stepFailed('library', 'voirs has no libtensorflow for this machine', {
    got: `${process.platform} ${process.arch}${cuda ? ' with CUDA' : ''}`,
    suggestion:
      'The set-up supports Linux (x64; arm64 without CUDA). Elsewhere install @tensorflow/tfjs-node in your program, or use the wasm backend',
  });
}

/** Ways to call pip, in the order of trial. */
const PIPS = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['python', '-m', 'pip']] as const;

/** Runs the first pip that works. */
async function pip(
  args: readonly string[],
  context: SetupContext,
): Promise<{ code: number | null; output: string }> {
  for (const [command, ...before] of PIPS) {
    const { code } = await runProgram(command, [...before, '--version'], context);
    if (code === 0) return runProgram(command, [...before, ...args], context);
  }
  throw stepFailed('library', 'there is no pip', {
    suggestion: `Install Python's pip (apt-get install python3-pip), or download the wheel of ${pins.wheel.version} from PyPI and pass it with --wheel FILE`,
  });
}

async function downloadWheel(context: SetupContext): Promise<string> {
  const { name, platform } = wheelHere(context.cuda);
  const { version, python, abi } = pins.wheel;
  const scratch = join(context.folder, 'download', 'wheel');
  mkdirSync(scratch, { recursive: true });
  const found = () => readdirSync(scratch).find((file) => file.endsWith('.whl'));
  if (found() === undefined) {
    context.report(`${name} ${version} from the Python package index (${context.cuda ? '0.6' : '0.3'} GB)`);
    // The same wheel for every Python: none of its code runs. pip checks its hash against the index.
    const tags = ['--python-version', python, '--implementation', 'cp', '--abi', abi, '--platform', platform];
    const { code, output } = await pip(
      [
        'download',
        '--quiet',
        '--no-deps',
        '--only-binary=:all:',
        ...tags,
        '--dest',
        scratch,
        `${name}==${version}`,
      ],
      context,
    );
    if (code !== 0 || found() === undefined) {
      throw stepFailed('library', `pip could not download ${name} ${version}`, {
        got: lastWords(output),
        suggestion:
          'Check that pip reaches its index, or download the wheel yourself and pass it with --wheel FILE',
      });
    }
  }
  return join(scratch, found()!);
}

/** Fetches the libraries of NVIDIA that the wheel requires, beside tensorflow/. */
async function fetchCuda(metadata: string, context: SetupContext): Promise<void> {
  const wanted = [...metadata.matchAll(/^Requires-Dist: (nvidia-[^;]+);.*extra == "and-cuda"/gm)].map(
    ([, name]) => name!.replace(/[\s()]/g, ''),
  );
  if (wanted.length === 0) {
    throw stepFailed('library', "the wheel does not say which of NVIDIA's libraries it needs", {
      suggestion: 'Give the wheel of the package tensorflow, not tensorflow-cpu',
    });
  }
  context.report(`CUDA and cuDNN from the Python package index (${wanted.length} packages, 2 to 3 GB)`);
  const { platform } = wheelHere(true);
  const { python, abi } = pins.wheel;
  const tags = ['--python-version', python, '--implementation', 'cp', '--abi', abi, '--abi', 'none'];
  const platforms = [platform, 'manylinux_2_17_x86_64', 'manylinux2014_x86_64', 'manylinux1_x86_64'];
  const { code, output } = await pip(
    [
      ...['install', '--quiet', '--no-deps', '--only-binary=:all:', '--no-compile', ...tags],
      ...platforms.flatMap((one) => ['--platform', one]),
      ...['--upgrade', '--target', context.folder, ...wanted],
    ],
    context,
  );
  if (code !== 0) {
    rmSync(join(context.folder, 'tensorflow'), { recursive: true, force: true });
    throw stepFailed('library', "pip could not fetch NVIDIA's libraries", {
      got: lastWords(output),
      suggestion: 'Check that pip reaches its index and the disk is not full',
    });
  }
}

/** Removes the symbols that only a debugger reads: a quarter of the library. */
async function strip(context: SetupContext): Promise<void> {
  for (const name of LIBRARIES) {
    const { code } = await runProgram(
      'strip',
      ['--strip-unneeded', join(context.folder, 'tensorflow', name)],
      context,
    );
    if (code === null)
      context.report('strip is not installed: the libraries stay 30 % larger than necessary');
    if (code !== 0) return;
  }
}
