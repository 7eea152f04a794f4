// Which voices of ours are judged: voice folders by name, and the speakers asked for.
import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { loadVoiceFiles } from '../../../src/voices/files.js';
import { repositoryRoot } from '../cache.js';
import { packageBytes } from './sizes.js';

/** One voice of one engine, ready to be spoken with. */
export interface JudgedVoice {
  /** `SET:SPEAKER`, or `ENGINE:VOICE` of a rival. */
  name: string;
  /** Path from the repository's root of the module that bench/lib/fresh/speak.mjs opens. */
  engine: string;
  /** What that module's `open` takes. */
  options: object;
  installedBytes: number;
  downloadedBytes: number;
  licences: string;
}

/**
 * Voice folders by the name of their set: those of weights/, and those given as `FOLDER` or `NAME=FOLDER`
 * (without a name, the folder's own), separated by commas.
 */
export function voiceFolders(given: string | undefined, shipped: readonly string[]): Map<string, string> {
  const folders = new Map(shipped.map((name) => [name, join(repositoryRoot, 'weights', name)]));
  for (const part of given?.split(',') ?? []) {
    const [, name, folder] = /^(?:([^=/\\]+)=)?(.+)$/.exec(part.trim()) ?? [];
    if (folder === undefined) throw new Error(`--weights: got ${given}; wanted FOLDER or NAME=FOLDER, ...`);
    folders.set(name ?? basename(resolve(folder)), resolve(folder));
  }
  return folders;
}

/** The names of the voice sets in weights/. */
export function shippedSets(): string[] {
  const weights = join(repositoryRoot, 'weights');
  return readdirSync(weights).filter((name) => existsSync(join(weights, name, 'model.json')));
}

/**
 * `SET:SPEAKER,...` (or `SET` for all its speakers) as pairs.
 *
 * @param speakersOf ids of a set's speakers.
 * @throws Error on an unknown set or speaker, with those there are.
 */
export function chosenVoices(
  text: string,
  speakersOf: ReadonlyMap<string, readonly string[]>,
): { set: string; speaker: string }[] {
  return text.split(',').flatMap((part) => {
    const [set = '', speaker] = part.trim().split(':');
    const speakers = speakersOf.get(set);
    if (!speakers) throw new Error(`--voices: no set ${set}; there are ${[...speakersOf.keys()].join(', ')}`);
    if (speaker === undefined) return speakers.map((id) => ({ set, speaker: id }));
    if (!speakers.includes(speaker))
      throw new Error(`--voices: no speaker ${speaker} in ${set}; there are ${speakers.join(', ')}`);
    return [{ set, speaker }];
  });
}

/**
 * Our voices that the two options name; without `voices`, all speakers of all folders.
 *
 * @throws Error on an unknown set or speaker; VoirsError where a folder is no voice.
 */
export async function ownVoices(
  voices: string | undefined,
  weights: string | undefined,
): Promise<JudgedVoice[]> {
  const folders = voiceFolders(weights, shippedSets());
  const licences = new Map<string, string>();
  const speakers = new Map<string, string[]>();
  for (const [set, folder] of folders) {
    const { manifest } = await loadVoiceFiles(folder);
    speakers.set(
      set,
      manifest.speakers.map(({ id }) => id),
    );
    for (const { id, license } of manifest.speakers) licences.set(`${set}:${id}`, license);
  }
  const chosen = chosenVoices(voices ?? [...folders.keys()].join(','), speakers);
  return chosen.map(({ set, speaker }) => {
    const folder = folders.get(set)!;
    return {
      name: `${set}:${speaker}`,
      engine: 'bench/lib/quality/voirs.mjs',
      options: { weights: folder, voice: speaker },
      installedBytes: packageBytes(folder),
      downloadedBytes: 0,
      licences: `Apache-2.0; voice ${licences.get(`${set}:${speaker}`)}`,
    };
  });
}
