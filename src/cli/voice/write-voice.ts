// Writes a voice into a folder of ours: tensors in safetensors of 8, 16 or 32 bits, the manifest with their sizes and
// digests, the card and the licences. All of it, or nothing.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LazyTensor } from '../../checkpoints/lazy-tensor.js';
import { narrowed, type WeightBits } from '../../checkpoints/narrow.js';
import { writeSafetensors } from '../../checkpoints/safetensors.js';
import { floatTensor, type HostTensor } from '../../checkpoints/tensor.js';
import { foldedName, foldWeightNorm } from '../../checkpoints/weight-norm.js';
import { shown, throwIfAborted, VoirsError } from '../../errors.js';
import { host } from '../../host/host.js';
import { mustFit } from '../../models/checkpoint-fit.js';
import type { Declaration } from '../../models/layers.js';
import { generatorDeclaration } from '../../vocoder/hifigan.js';
import type { VocoderCheckpoint, VoiceFiles } from '../../voices/files.js';
import { speakerId } from '../../voices/foreign/foreign-voice.js';
import { type FileEntry, parseVoiceManifest } from '../../voices/manifest.js';
import { loadModelTypes } from '../../voices/model-types.js';
import { OutputFolder } from '../output-folder.js';
import type { VoiceCard } from './card.js';

/** A weights file as it was written. */
export interface WrittenFile {
  file: string;
  bytes: number;
  tensors: number;
}

/** What a user may say of a voice besides its card. */
export interface VoiceWords {
  name?: string | undefined;
  version?: string | undefined;
  description?: string | undefined;
  language?: string | undefined;
  gender?: string | undefined;
}

export interface WriteOptions {
  bits: WeightBits;
  /** Absent for a voice of ours that has its own card. */
  card: VoiceCard | undefined;
  words: VoiceWords;
  /** What it was read from, for the card. */
  from: string;
  /** Files to put into `licenses`, by path. */
  licenses: readonly string[];
  /** The folder of a voice of ours: its card, licences and texts go along. */
  own?: string | undefined;
  signal: AbortSignal;
}

const TEXTS = ['pronunciations.tsv', 'lexicon_extra.txt'];
const MOST_BYTES = 2 ** 20;
const PLAIN = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

interface ManifestEntry extends FileEntry {
  steps?: number;
}
interface Manifest extends Record<string, unknown> {
  name: string;
  version: string;
  defaultSpeaker: string;
  speakers: { id: string; name: string; license: string; gender: string; language: string }[];
  acoustic: ManifestEntry;
  vocoders: Record<string, ManifestEntry>;
}

/**
 * Writes a voice to a new folder.
 * @throws VoirsError INVALID_WEIGHTS for tensors that do not fit or are no numbers; IO_ERROR; ABORTED. Nothing is left.
 */
export async function writeVoice(
  files: VoiceFiles,
  to: string,
  options: WriteOptions,
): Promise<{ files: WrittenFile[]; voice: string }> {
  const { bits, card, words, own, signal } = options;
  const manifest = JSON.parse(files.json) as Manifest;
  await using folder = await OutputFolder.create(to);
  const written = new Map<string, WrittenFile>();
  const entries = [
    { entry: manifest.acoustic, parsed: files.manifest.acoustic },
    ...Object.entries(manifest.vocoders).map(([name, entry]) => ({
      entry,
      parsed: files.manifest.vocoders.get(name)!,
    })),
  ];
  const digests = new Map<string, string>();
  for (const { entry, parsed } of entries) {
    if (!written.has(entry.file)) {
      throwIfAborted(signal);
      const { tensors, metadata } = await files.tensors(parsed);
      const bytes = weightsFile(tensors, parsed.model.declaration(), parsed.file, bits, metadata);
      await folder.write(entry.file, bytes);
      digests.set(entry.file, createHash('sha256').update(bytes).digest('hex'));
      written.set(entry.file, { file: entry.file, bytes: bytes.length, tensors: tensors.size });
    }
    Object.assign(entry, { bytes: written.get(entry.file)!.bytes, sha256: digests.get(entry.file) });
  }
  describe(manifest, card, words);
  const json = `${JSON.stringify(manifest, null, 1)}\n`;
  await loadModelTypes(json);
  parseVoiceManifest(json, 'model.json'); // what was asked for in words may not fit
  for (const name of TEXTS) {
    const text = await files.text(name);
    if (text !== undefined) await folder.write(name, text);
  }
  if (own === undefined || card) {
    await folder.write(
      'MODEL_CARD.md',
      cardText(manifest, options, [...written.values()], files.notes ?? []),
    );
  } else await copyFrom(own, 'MODEL_CARD.md', folder);
  await copyLicenses(options, folder);
  await folder.write('model.json', json);
  throwIfAborted(signal);
  await folder.commit();
  return { files: [...written.values()], voice: manifest.name };
}

/** Writes a HiFi-GAN alone, as `vocode --model` takes it. @throws VoirsError as {@link writeVoice}. */
export async function writeVocoder(
  { config, tensors, source, notes }: VocoderCheckpoint,
  to: string,
  options: WriteOptions,
): Promise<{ files: WrittenFile[] }> {
  await using folder = await OutputFolder.create(to);
  const bytes = weightsFile(tensors, generatorDeclaration(config), source, options.bits, {});
  const json = {
    resblock: config.resblock,
    upsample_rates: config.upsampleRates,
    upsample_kernel_sizes: config.upsampleKernelSizes,
    upsample_initial_channel: config.upsampleInitialChannel,
    resblock_kernel_sizes: config.resblockKernelSizes,
    resblock_dilation_sizes: config.resblockDilationSizes,
    num_mels: config.bands,
    ...(config.sampleRate === undefined ? {} : { sampling_rate: config.sampleRate }),
    ...(config.leakySlope === undefined ? {} : { leaky_relu_slope: config.leakySlope }),
    ...(config.source ? { source: true } : {}),
    normalize_before: config.isNormalised === true,
  };
  const file = { file: 'model.safetensors', bytes: bytes.length, tensors: tensors.size };
  await folder.write(file.file, bytes);
  const name = options.words.name ?? basename(to);
  await folder.write('MODEL_CARD.md', cardText({ name, version: '' }, options, [file], notes));
  await copyLicenses(options, folder);
  await folder.write('config.json', `${JSON.stringify(json, null, 1)}\n`);
  throwIfAborted(options.signal);
  await folder.commit();
  return { files: [file] };
}

function weightsFile(
  tensors: ReadonlyMap<string, HostTensor>,
  declaration: Declaration,
  source: string,
  bits: WeightBits,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  mustFit(declaration.tensors, tensors, source);
  const isNormed = [...tensors.keys()].some((name) => foldedName(name) !== name);
  const lazy = new Map([...tensors].map(([name, one]) => [name, new LazyTensor(name, one, source)]));
  const plain = isNormed
    ? [...foldWeightNorm(lazy)].map(([name, { shape, data }]) => [name, floatTensor(data, shape)] as const)
    : [...tensors].map(([name, one]) => {
        lazy.get(name)!.data; // refuses what is no number
        return [name, one] as const;
      });
  return writeSafetensors(new Map(plain.map(([name, one]) => [name, narrowed(one, bits)])), metadata);
}

function describe(manifest: Manifest, card: VoiceCard | undefined, words: VoiceWords): void {
  const { name, version, description, language, gender } = words;
  if (name !== undefined) rename(manifest, name);
  if (version !== undefined) manifest.version = version;
  if (description !== undefined) manifest.description = description;
  if (language !== undefined) manifest.language = language;
  for (const speaker of manifest.speakers) {
    if (language !== undefined) speaker.language = language;
    if (gender !== undefined) speaker.gender = gender;
    if (card) speaker.license = card.license;
  }
  if (card) manifest.card = card;
}

/** Speakers without a name of their own were called by the model's. */
function rename(manifest: Manifest, name: string): void {
  const [before, after] = [speakerId(manifest.name), speakerId(name)];
  const renamed = (id: string): string =>
    id === before || /^-\d+$/.test(id.slice(before.length)) ? after + id.slice(before.length) : id;
  for (const speaker of manifest.speakers) {
    if (!speaker.id.startsWith(before)) continue;
    if (speaker.name === speaker.id) speaker.name = renamed(speaker.id);
    if (manifest.defaultSpeaker === speaker.id) manifest.defaultSpeaker = renamed(speaker.id);
    speaker.id = renamed(speaker.id);
  }
  manifest.name = name;
}

function cardText(
  { name, version, speakers }: { name: string; version: string; speakers?: Manifest['speakers'] },
  { bits, card, from, words }: WriteOptions,
  written: readonly WrittenFile[],
  notes: readonly string[],
): string {
  const fields = [
    ['Licence', card?.license],
    ['Author', card?.author],
    ['Origin', card?.origin],
    ['Read from', from],
    ['Weights', `${bits} bits`],
    ['Speakers', speakers?.map(({ id }) => id).join(', ')],
  ].filter(([, value]) => value !== undefined);
  return [
    `# ${name}${version === '' ? '' : ` ${version}`}`,
    '',
    ...(words.description === undefined ? [] : [words.description, '']),
    ...fields.map(([field, value]) => `- ${field}: ${value}`),
    ...written.map(({ file, bytes, tensors }) => `- ${file}: ${tensors} tensors, ${bytes} bytes`),
    ...(notes.length === 0 ? [] : ['', 'Taken for granted when it was read:', '']),
    ...notes.map((note) => `- ${note}`),
    '',
  ].join('\n');
}

async function copyLicenses({ own, licenses }: WriteOptions, folder: OutputFolder): Promise<void> {
  const written = new Set<string>();
  for (const path of licenses) {
    const name = basename(path);
    if (!PLAIN.test(name) || written.has(name)) throw notTaken(path, 'a plain file name of its own');
    written.add(name);
    await folder.write(`licenses/${name}`, readSmall(path));
  }
  const inner = own === undefined ? undefined : join(own, 'licenses');
  if (inner === undefined || !statSync(inner, { throwIfNoEntry: false })?.isDirectory()) return;
  for (const name of readdirSync(inner).sort())
    if (!written.has(name)) await copyFrom(own!, `licenses/${name}`, folder);
}

/** Copies a file of a voice's folder; one that a link leads out of is refused. */
async function copyFrom(own: string, name: string, folder: OutputFolder): Promise<void> {
  const path = join(own, name);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  if (!host.files.liesWithin(own, path)) throw notTaken(path, 'a file of the voice, not a link out of it');
  await folder.write(name, readSmall(path));
}

function readSmall(path: string): Uint8Array {
  try {
    const { size } = statSync(path);
    if (size > MOST_BYTES) throw notTaken(path, `at most ${MOST_BYTES} bytes`);
    return readFileSync(path);
  } catch (cause) {
    if (cause instanceof VoirsError) throw cause;
    throw new VoirsError('IO_ERROR', `${basename(path)} cannot be read`, {
      got: (cause as NodeJS.ErrnoException).code ?? 'an error',
      suggestion: 'Check the path',
      cause,
    });
  }
}

const notTaken = (path: string, wanted: string): VoirsError =>
  new VoirsError('INVALID_OPTIONS', 'A file does not go along with the voice', {
    got: shown(basename(path)),
    wanted,
  });
