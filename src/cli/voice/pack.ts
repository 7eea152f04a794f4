// voirs voice pack: a voice folder as an npm package, ready to publish: its voice in `voice`, its licence, its card as README.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { shown, throwIfAborted, VoirsError } from '../../errors.js';
import { host } from '../../host/host.js';
import type { VoiceFiles } from '../../voices/files.js';
import { isPackageName, PACKAGE_FOLDER } from '../../voices/packages.js';
import { OutputFolder } from '../output-folder.js';
import type { VoiceCard } from './card.js';

/** What a package is called. */
export interface PackOptions {
  name: string;
  version: string | undefined;
  card: VoiceCard;
  signal: AbortSignal;
}

const SEMVER = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,64})?$/;
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
/** Folders of a voice that go along; nothing else in it does. */
const INNER = ['licenses', 'golden'];
const TEXTS = ['MODEL_CARD.md', 'pronunciations.tsv', 'lexicon_extra.txt'];
const MOST_BYTES = 16 * 2 ** 20;

/** @throws VoirsError INVALID_OPTIONS for a name or version that npm does not take, or a file that is not the voice's. */
export async function packVoice(
  files: VoiceFiles,
  to: string,
  { name, version: given, card, signal }: PackOptions,
): Promise<{ name: string; version: string; bytes: number; voices: string[] }> {
  const { manifest, folder: from } = files;
  if (!isPackageName(name)) {
    throw new VoirsError('INVALID_OPTIONS', 'npm takes no package of that name', {
      got: shown(name),
      wanted: 'small letters, digits, - _ . ~, at most 214 characters: my-voice, @me/my-voice',
    });
  }
  const version = given ?? (SEMVER.test(manifest.version) ? manifest.version : '1.0.0');
  if (!SEMVER.test(version)) {
    throw new VoirsError('INVALID_OPTIONS', 'The version of a package has three numbers', {
      got: shown(version),
      wanted: '1.0.0, 1.2.0-beta.1',
    });
  }
  await using out = await OutputFolder.create(to);
  let bytes = 0;
  const put = async (path: string, content: Uint8Array): Promise<void> => {
    throwIfAborted(signal);
    bytes += content.length;
    await out.write(`${PACKAGE_FOLDER}/${path}`, content);
  };
  const entries = [manifest.acoustic, ...manifest.vocoders.values()];
  for (const file of new Set(entries.map((entry) => entry.file)))
    await put(file, ownFile(from, file, 2 ** 31 - 1));
  await put('model.json', ownFile(from, 'model.json', MOST_BYTES));
  for (const file of TEXTS) if (isThere(from, file)) await put(file, ownFile(from, file, MOST_BYTES));
  const licences: string[] = [];
  for (const inner of INNER) {
    for (const file of namesIn(join(from, inner))) {
      const content = ownFile(from, `${inner}/${file}`, MOST_BYTES);
      await put(`${inner}/${file}`, content);
      if (inner === 'licenses') licences.push(new TextDecoder().decode(content).trim());
    }
  }
  const voices = manifest.speakers.map(({ id }) => `${name}:${id}`);
  await out.write('LICENSE', `${[licenceHead(card), ...licences].join('\n\n')}\n`);
  await out.write('README.md', readme(name, manifest.speakers, files, card));
  await out.write('package.json', `${JSON.stringify(packageJson(name, version, files, card), null, 2)}\n`);
  await out.commit();
  return { name, version, bytes, voices };
}

const licenceHead = ({ license, author, origin }: VoiceCard): string =>
  [
    `SPDX-License-Identifier: ${license}`,
    `Author: ${author}`,
    `Origin: ${origin}`,
    ...(/^[A-Za-z0-9.+-]+$/.test(license) && !license.startsWith('LicenseRef')
      ? [`Text: https://spdx.org/licenses/${license}.html`]
      : []),
  ].join('\n');

function packageJson(
  name: string,
  version: string,
  { manifest }: VoiceFiles,
  { license, author, origin }: VoiceCard,
): Record<string, unknown> {
  const speakers = manifest.speakers.map((speaker) => speaker.name).join(', ');
  const about = manifest.description === '' ? '' : ` ${manifest.description}`;
  return {
    name,
    version,
    description: `Voice of voirs, ${manifest.language}: ${speakers}.${about}`.slice(0, 300),
    license: license.startsWith('LicenseRef') ? 'SEE LICENSE IN LICENSE' : license,
    author,
    keywords: ['voirs-voice', 'voirs', 'tts', 'text-to-speech', 'voice', manifest.language],
    type: 'module',
    sideEffects: false,
    exports: { './package.json': './package.json', [`./${PACKAGE_FOLDER}/*`]: `./${PACKAGE_FOLDER}/*` },
    files: [PACKAGE_FOLDER],
    voirs: { voice: PACKAGE_FOLDER, origin },
  };
}

function readme(
  name: string,
  speakers: readonly { id: string }[],
  { manifest }: VoiceFiles,
  { license, author, origin }: VoiceCard,
): string {
  return [
    `# ${name}`,
    '',
    `A voice for voirs: ${manifest.name} ${manifest.version}, ${manifest.language}, ${manifest.sampleRate} Hz.`,
    '',
    '```ts',
    `const pipeline = await VoirsPipeline.create({ voice: '${name}:${speakers[0]!.id}' });`,
    '```',
    '',
    `A page serves the folder \`${PACKAGE_FOLDER}\` and names it: \`create({ weights: '/voices/${manifest.name}/', voice: '${speakers[0]!.id}' })\`.`,
    '',
    `- Voices: ${speakers.map(({ id }) => id).join(', ')}`,
    `- Licence: ${license}`,
    `- Author: ${author}`,
    `- Origin: ${origin}`,
    '',
    `${PACKAGE_FOLDER}/MODEL_CARD.md says how it was made.`,
    '',
  ].join('\n');
}

const isThere = (folder: string, name: string): boolean =>
  statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true;

function namesIn(folder: string): string[] {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => PLAIN.test(name))
    .sort();
}

/** A file of the voice; a link out of its folder publishes nothing. */
function ownFile(folder: string, name: string, limit: number): Uint8Array {
  const path = join(folder, name);
  const info = statSync(path, { throwIfNoEntry: false });
  const isOwn = info?.isFile() === true && info.size <= limit && host.files.liesWithin(folder, path);
  if (isOwn) return readFileSync(path);
  throw new VoirsError('INVALID_OPTIONS', `${basename(name)} is not packed`, {
    got:
      info === undefined
        ? 'no such file'
        : info.isFile()
          ? 'a link out of the folder, or too large'
          : 'no file',
    wanted: 'a file in the folder of the voice',
    suggestion: 'Put a copy of it there.',
  });
}
