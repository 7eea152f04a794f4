// Content addresses: the same text, voice, options, engine and weights have the same address, so that work that was
// done once is found again and a changed voice makes new files.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { stringify } from 'safe-stable-stringify';
import { shippedVoices, VoirsError } from 'voirs';

/** Raised when the form of parts or books changes. */
const FORM = 1;

/** SHA-256 of a value's JSON with sorted keys, hexadecimal, 32 digits. */
export function digest(value: unknown): string {
  return createHash('sha256')
    .update(stringify(value) ?? '')
    .digest('hex')
    .slice(0, 32);
}

const packageFile = createRequire(import.meta.url).resolve('voirs/package.json');
const versions = new Map<string, Promise<string>>();

/**
 * What decides how a voice sounds besides the text: the version of the engine, and the manifest of the weights, which
 * holds the digests of their files.
 * @param weights a folder of weights; default: the shipped set that has the voice.
 * @throws VoirsError VOICE_NOT_FOUND; INVALID_WEIGHTS when the folder has no manifest.
 */
export function versionOf(voice: string | undefined, weights: string | undefined): Promise<string> {
  const name = weights ?? `shipped:${voice ?? ''}`;
  let version = versions.get(name);
  if (version === undefined) {
    version = readVersion(voice, weights);
    version.catch(() => versions.delete(name));
    versions.set(name, version);
  }
  return version;
}

async function readVersion(voice: string | undefined, weights: string | undefined): Promise<string> {
  const { version } = JSON.parse(await readFile(packageFile, 'utf8')) as { version: string };
  const folder = weights ?? join(dirname(packageFile), 'weights', await setOf(voice));
  try {
    return digest([FORM, version, await readFile(join(folder, 'model.json'), 'utf8')]);
  } catch (cause) {
    throw new VoirsError('INVALID_WEIGHTS', 'The voice set has no manifest that can be read', {
      got: folder,
      wanted: 'a folder with model.json',
      cause,
    });
  }
}

/** The shipped set that has a voice, by default the first. @throws VoirsError VOICE_NOT_FOUND. */
export async function setOf(voice: string | undefined): Promise<string> {
  const voices = await shippedVoices();
  const found = voices.find(({ id, isDefault }) => (voice === undefined ? isDefault : id === voice));
  if (found) return found.set;
  throw new VoirsError('VOICE_NOT_FOUND', 'There is no such voice', {
    got: JSON.stringify(voice),
    wanted: voices.map(({ id }) => id).join(', '),
  });
}
