// Finds voices, their speakers and the lexicon.
import type { Quality } from '../config.js';
import { shown, VoirsError } from '../errors.js';
import type { Language, Pronouncer } from '../frontend/language.js';
import { loadLanguage } from '../frontend/languages.js';
import { parseUserLexicon } from '../frontend/lexicon/user-lexicon.js';
import { asWritten, Speller } from '../frontend/spelled.js';
import type { SsmlVoice } from '../frontend/ssml/ssml-voice.js';
import { FileFailure } from '../host/contract.js';
import { host } from '../host/host.js';
import { loadVoiceFiles, type VoiceFiles } from './files.js';
import type { Speaker, VocoderEntry, VoiceManifest } from './manifest.js';
import { packageOf, packageVoiceFiles } from './packages.js';

/** One voice, as shown to a user. */
export interface VoiceInfo {
  id: string;
  name: string;
  /** BCP 47. */
  language: string;
  gender: string;
  license: string;
  /** Name of the vocoder that the pipeline's quality tier uses. */
  vocoder: string;
  isDefault: boolean;
  /** The voice set that it belongs to, and its version. */
  set: string;
  version: string;
  /** The npm package that it was found in; absent for other voices. */
  package?: string;
  /** How the voice was made, in a sentence. */
  description: string;
}

/** The voice sets that ship with the package; a pipeline that names no voice speaks with the first. */
export const SHIPPED_SETS = ['aspen', 'arctic'] as const;

/** The folder of a shipped voice set. */
export function shippedFolder(set: (typeof SHIPPED_SETS)[number]): string {
  return host.files.ofPackage(`weights/${set}`);
}

/** The folder of the default voice set. */
export function defaultVoiceFolder(): string {
  return shippedFolder(SHIPPED_SETS[0]);
}

/**
 * The shipped voice set that has a voice, by default the first; for `package:speaker`, the voice of that package.
 * @param onBytes see `loadVoiceFiles`.
 * @throws VoirsError VOICE_NOT_FOUND with all voices there are; as `packageVoiceFiles`.
 */
export async function namedVoiceFiles(
  voice?: string,
  onBytes?: (bytes: number) => void,
): Promise<VoiceFiles> {
  const name = packageOf(voice);
  if (name !== undefined) return packageVoiceFiles(name, onBytes);
  const speakers: string[] = [];
  for (const set of SHIPPED_SETS) {
    const files = await loadVoiceFiles(shippedFolder(set), onBytes);
    const ids = files.manifest.speakers.map(({ id }) => id);
    if (voice === undefined || ids.includes(voice)) return files;
    speakers.push(...ids);
  }
  throw noVoice(voice, speakers);
}

/**
 * All voices that ship with the package, the default first.
 * @param quality the tier that `vocoder` is told for. Default medium.
 * @throws VoirsError INVALID_WEIGHTS when a set cannot be read.
 */
export async function shippedVoices(quality: Quality = 'medium'): Promise<VoiceInfo[]> {
  const sets = await Promise.all(SHIPPED_SETS.map((set) => loadVoiceFiles(shippedFolder(set))));
  return sets.flatMap(({ manifest }, n) =>
    voiceInfos(manifest, quality).map((info) => ({ ...info, isDefault: info.isDefault && n === 0 })),
  );
}

function noVoice(got: unknown, wanted: readonly string[], suggestion?: string): VoirsError {
  return new VoirsError('VOICE_NOT_FOUND', 'There is no such voice', {
    got: shown(got),
    wanted: wanted.join(', '),
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}

/**
 * A speaker by its id, or as `package:speaker` where the voice is a package's; by default the manifest's own.
 * @throws VoirsError VOICE_NOT_FOUND with the voices there are.
 */
export function speakerOf<S extends { id: string } = Speaker>(
  manifest: { readonly speakers: readonly S[]; readonly defaultSpeaker: string; readonly package?: string },
  id: string = manifest.defaultSpeaker,
): S {
  const { package: name, defaultSpeaker } = manifest;
  // Callers without types pass anything.
  const isWhole = name !== undefined && typeof id === 'string' && id.startsWith(`${name}:`);
  const own = isWhole ? id.slice(name.length + 1) || defaultSpeaker : id;
  const speaker = manifest.speakers.find((one) => one.id === own);
  if (speaker) return speaker;
  const ids = manifest.speakers.map((one) => one.id);
  throw noVoice(id, ids, 'A voice of another set needs a pipeline of its own: create({ voice })');
}

/**
 * The vocoder of a quality tier.
 * @throws VoirsError INVALID_WEIGHTS for a model of another framework that came without one.
 */
export function vocoderOf(manifest: VoiceManifest, quality: Quality): VocoderEntry {
  const entry = manifest.vocoders.get(manifest.quality[quality]);
  if (entry) return entry;
  throw new VoirsError('INVALID_WEIGHTS', `${manifest.name} has no vocoder`, {
    got: 'a model of mel alone',
    wanted: 'its vocoder in the folder vocoder of it: config.json and weights',
    suggestion:
      'Put the HiFi-GAN that belongs to the model there, or run voirs acoustic and voirs vocode --model',
  });
}

/** All voices of a manifest, in its order. */
export function voiceInfos(manifest: VoiceManifest, quality: Quality): VoiceInfo[] {
  return manifest.speakers.map(({ id, name, language, gender, license }) => ({
    id,
    name,
    language,
    gender,
    license,
    vocoder: manifest.quality[quality],
    isDefault: id === manifest.defaultSpeaker,
    set: manifest.name,
    version: manifest.version,
    ...(manifest.package === undefined ? {} : { package: manifest.package }),
    description: manifest.description,
  }));
}

/** The voices as markup chooses among them, the default first. */
export function ssmlVoices({ speakers, defaultSpeaker }: VoiceManifest): SsmlVoice[] {
  const voices = speakers.map(({ id, name, gender, logF0 }) => ({
    id,
    name,
    gender,
    meanHz: Math.exp(logF0.mean),
  }));
  return [
    ...voices.filter(({ id }) => id === defaultSpeaker),
    ...voices.filter(({ id }) => id !== defaultSpeaker),
  ];
}

const lexicons = new Map<Language, Promise<Pronouncer>>();

/**
 * The shipped lexicon of the voice's language, read once per process, with the voice's own pronunciations before
 * it and a user's before those.
 * @throws VoirsError INVALID_OPTIONS with the line of a fault in the user's.
 */
export async function loadPronouncer(files: VoiceFiles, user?: string): Promise<Pronouncer> {
  const own = user === undefined ? undefined : parseUserLexicon(user);
  const { language: tag, spelling, tokens } = files.manifest;
  const language = await loadLanguage(tag);
  if (spelling === 'characters') return spellerOf(language, tag, tokens);
  const lexicon = lexicons.get(language) ?? readLexicon(language);
  lexicons.set(language, lexicon);
  lexicon.catch(() => lexicons.delete(language));
  const [base, pronunciations, extra] = await Promise.all([
    lexicon,
    files.text('pronunciations.tsv'),
    files.text('lexicon_extra.txt'),
  ]);
  const pronouncer = base.withVoice(pronunciations ?? '', extra ?? '');
  return own === undefined ? pronouncer : pronouncer.withUserLexicon(own);
}

/** For a voice of characters; a language that we do not read is read as it is written. */
function spellerOf(language: Language, tag: string, tokens: readonly string[]): Pronouncer {
  const isOurs = tag.split('-')[0]!.toLowerCase() === language.tag.split('-')[0]!.toLowerCase();
  const alphabet = new Set(
    tokens.filter((token) => [...token].length === 1 && /[\p{L}\p{M}\p{N}'’-]/u.test(token)),
  );
  return new Speller(isOurs ? language : asWritten(language, tag), alphabet);
}

async function readLexicon({ lexicon }: Language): Promise<Pronouncer> {
  const read = async (name: string): Promise<Uint8Array> => {
    try {
      const file = await host.files.open(host.files.ofPackage(`weights/lexicon/${name}`));
      return await file.read();
    } catch (cause) {
      if (!(cause instanceof FileFailure)) throw cause;
      throw new VoirsError('INVALID_WEIGHTS', `The lexicon file ${name} cannot be read`, {
        got: cause.got,
        suggestion: cause.suggestion ?? 'Reinstall voirs',
        cause,
      });
    }
  };
  return lexicon.open(await Promise.all(lexicon.files.map(read)));
}
