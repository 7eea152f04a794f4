// The rival without a neural network: espeak-ng's formant synthesis, the smallest and fastest there is.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from '../../lib/cache.js';
import { lastLines, runProgram } from '../../lib/program.js';
import { bytesOf } from '../../lib/quality/sizes.js';
import type { Unavailable } from '../../lib/unavailable.js';
import type { SpeechRival } from '../speech.js';

/** The program and the libraries that a small Debian lacks. */
const PACKAGES = [
  ...['espeak-ng', 'libespeak-ng1', 'espeak-ng-data'],
  ...['libpcaudio0', 'libsonic0', 'libasound2', 'libpulse0'],
];
/** apt-get leaves packages in the folder it is started in. */
const DOWNLOAD = 'cd "$0" && apt-get download -qq "$@" && for file in *.deb; do dpkg -x "$file" .; done';

function rival(command: string, version: string, environment: object, installedBytes: number): SpeechRival {
  return {
    name: 'espeak-ng',
    version,
    engine: 'bench/rivals/espeak-ng/engine.mjs',
    voices: { 'en-us': { command, environment, voice: 'en-us' } },
    installedBytes,
    downloadedBytes: 0,
    licences: 'GPL-3.0-or-later',
  };
}

async function versionOf(
  command: string,
  environment: Record<string, string>,
): Promise<string | Unavailable> {
  const { code, stdout, stderr } = await runProgram(command, ['--version'], environment);
  if (code === 0) return /[\d.]+/.exec(stdout)?.[0] ?? 'unknown';
  return { unavailable: `espeak-ng does not start here: ${lastLines(stderr)}` };
}

/** Unpacks Debian's packages into .cache, without installing them. */
export async function openEspeak(): Promise<SpeechRival | Unavailable> {
  const folder = cachePath('rivals-espeak-ng', '.');
  const command = join(folder, 'usr', 'bin', 'espeak-ng');
  if (!existsSync(command)) {
    const mkdir = await runProgram('mkdir', ['-p', folder]);
    const unpacked = await runProgram('bash', ['-c', DOWNLOAD, folder, ...PACKAGES]);
    if (mkdir.code !== 0 || unpacked.code !== 0)
      return { unavailable: `apt-get could not download ${PACKAGES[0]}: ${lastLines(unpacked.stderr)}` };
  }
  const lib = join(folder, 'usr', 'lib');
  const [platform] = readdirSync(lib);
  const libraries = join(lib, platform!);
  const environment = {
    LD_LIBRARY_PATH: `${libraries}:${join(libraries, 'pulseaudio')}`,
    ESPEAK_DATA_PATH: libraries,
  };
  const version = await versionOf(command, environment);
  if (typeof version !== 'string') return version;
  return rival(command, version, environment, bytesOf(join(folder, 'usr')));
}
