// A voice states everything about itself in model.json; this turns that file into facts to rely on.
import { JsonReader } from '../checkpoints/json-reader.js';
import { INTONATIONS, type Intonation, QUALITIES, type Quality } from '../config.js';
import type { AcousticModel, Vocoder, VoiceShape } from '../models/model.js';
import { type DescribedModel, describeAcoustic, describeVocoder } from './model-types.js';

/** A weights file of the voice: a plain name inside its folder. */
export interface FileEntry {
  file: string;
  bytes: number;
  /** 64 lower-case hex digits. */
  sha256: string;
}

/** How a voice's mel spectrogram is made. */
export interface MelSettings {
  bands: number;
  /** Samples. */
  fftSize: number;
  /** Samples for each frame. */
  hopSize: number;
  /** Samples, at most `fftSize`. */
  windowSize: number;
  minHz: number;
  /** At most half the sample rate. */
  maxHz: number;
  scale: 'slaney' | 'htk';
  log: 'natural';
  /** Magnitudes below it are clamped before the logarithm. */
  floor: number;
}

/** Frames that are no natural-log mel: in another logarithm, or the latents of an end-to-end model. */
export interface OtherFrames {
  /** Values of a frame. */
  bands: number;
  /** Samples for each frame. */
  hopSize: number;
  log: 'other';
}

/** Of a quantity that the acoustic model sees as z-scores. */
export interface Statistics {
  mean: number;
  std: number;
}

/** One speaker of the voice. */
export interface Speaker {
  id: string;
  /** Row of the speaker embedding. */
  index: number;
  name: string;
  /** BCP 47. */
  language: string;
  gender: string;
  license: string;
  /** Of ln(Hz) over voiced frames. */
  logF0: Statistics;
  logEnergy: Statistics;
}

/** The acoustic model: its file, its type and its sizes. */
export interface AcousticEntry extends FileEntry, DescribedModel<AcousticModel> {
  /** Longest sequence seen in training; longer sentences are split. */
  maxTrainedTokens: number;
  /** Training steps, where known. */
  steps?: number;
}

/** One vocoder: its file, its type and its sizes. */
export interface VocoderEntry extends FileEntry, DescribedModel<Vocoder> {
  /** By speaker: LU that its speech is louder than its mels say, at pitch shifts in semitones, ascending. */
  loudnessOffsets: ReadonlyMap<string, readonly LoudnessOffset[]>;
  steps?: number;
}

/** @see VocoderEntry.loudnessOffsets; tools/voices/calibrate-loudness.ts measures them. */
export interface LoudnessOffset {
  semitones: number;
  lu: number;
}

/** Linear weights from a token's numbers to the logarithm of its K-weighted power (tools/voices/calibrate-loudness.ts). */
export interface LoudnessWeights {
  bias: number;
  /** [C], on the encoder's hidden state. */
  hidden: Float32Array;
  /** On z-scores of the token, the one before and the one after: energy, then pitch. */
  energy: readonly [number, number, number];
  pitch: readonly [number, number, number];
  /** On the square of the token's pitch. */
  pitchSquared: number;
  /** On the predicted log duration at rate 1. */
  logDuration: number;
}

/** model.json, format voirs-voice/1, checked. */
export interface VoiceManifest {
  format: 'voirs-voice/1';
  name: string;
  version: string;
  /** The npm package that the voice was found in. */
  package?: string;
  /** BCP 47. */
  language: string;
  /** Hz. */
  sampleRate: number;
  mel: MelSettings | OtherFrames;
  /** What words are spoken from: ARPAbet phones, or their own characters. */
  spelling: 'phones' | 'characters';
  /** The vocabulary: a token's id is its place. */
  tokens: string[];
  /** Symbols that the model never saw, and the token that stands for each. */
  tokenAliases: ReadonlyMap<string, string>;
  speakers: Speaker[];
  defaultSpeaker: string;
  acoustic: AcousticEntry;
  vocoders: ReadonlyMap<string, VocoderEntry>;
  /** The vocoder that each quality tier uses: the stated one, or the nearest of those that are stated. */
  quality: Record<Quality, string>;
  /** The tiers that the voice states. */
  tiers: Quality[];
  /** How the voice was made, in a sentence. */
  description: string;
  /** `rule` where the model speaks questions and exclamations as statements. Default `model`. */
  intonation: Intonation;
  /** By speaker: how loud a sentence will be, from what is known before it is decoded. */
  loudness: ReadonlyMap<string, LoudnessWeights>;
}

const MAX_SIZE = 65_536;
const SIZE = { min: 1, max: MAX_SIZE };

/**
 * Parses and validates a voice manifest. Fields it does not know are ignored.
 * @throws VoirsError INVALID_WEIGHTS naming the path of the wrong field (`vocoders.v2.bytes`).
 */
export function parseVoiceManifest(json: string, source = 'model.json'): VoiceManifest {
  const root = JsonReader.parse(json, source);
  const format = root.field('format').oneOf('voirs-voice/1');
  const mel = readMel(root.field('mel'));
  const sampleRate = root.field('sampleRate').integer({ min: 1000, max: 384_000 });
  if (mel.log === 'natural' && mel.maxHz > sampleRate / 2)
    throw root
      .field('mel')
      .field('maxHz')
      .invalid(`at most ${sampleRate / 2}`);

  const tokens = readUnique(root.field('tokens').items({ min: 1, max: MAX_SIZE }), (item) => item.string());
  const aliases = root.field('tokenAliases');
  const vocabulary = new Set(tokens);
  const tokenAliases = new Map<string, string>();
  for (const [symbol, target] of aliases.isAbsent ? [] : aliases.entries()) {
    if (!vocabulary.has(target.string())) throw target.invalid('one of the tokens');
    tokenAliases.set(symbol, target.string());
  }

  const speakerItems = root.field('speakers').items({ min: 1, max: MAX_SIZE });
  const ids = readUnique(speakerItems, (item) => item.field('id').string());
  readUnique(speakerItems, (item) => item.field('index').integer({ min: 0, max: MAX_SIZE }));
  const defaultSpeaker = root.field('defaultSpeaker');
  if (!ids.includes(defaultSpeaker.string())) throw defaultSpeaker.invalid(`one of ${ids.join(', ')}`);

  const speakers = speakerItems.map((one) => readSpeaker(one, mel.log === 'natural'));
  const shape: VoiceShape = {
    tokens: tokens.length,
    speakers: 1 + Math.max(...speakers.map(({ index }) => index)),
    ...{ bands: mel.bands, hop: mel.hopSize, sampleRate },
  };
  const acoustic = readAcoustic(root.field('acoustic'), shape, tokens);
  const vocoders = readVocoders(root.field('vocoders'), shape, mel.log === 'natural');
  return {
    format,
    name: root.field('name').string(),
    version: root.field('version').string(),
    language: root.field('language').string(),
    sampleRate,
    mel,
    spelling: readSpelling(root.field('spelling')),
    tokens,
    tokenAliases,
    speakers,
    defaultSpeaker: defaultSpeaker.string(),
    acoustic,
    vocoders,
    ...readQuality(root.field('quality'), vocoders),
    ...readManner(root),
    loudness: readLoudness(root.field('loudness'), ids, acoustic),
  };
}

function readSpelling(spelling: JsonReader): VoiceManifest['spelling'] {
  return spelling.isAbsent ? 'phones' : spelling.oneOf('phones', 'characters');
}

function readMel(mel: JsonReader): MelSettings | OtherFrames {
  if (mel.field('log').oneOf('natural', 'other') === 'other')
    return {
      bands: mel.field('bands').integer(SIZE),
      hopSize: mel.field('hopSize').integer(SIZE),
      log: 'other',
    };
  const minHz = mel.field('minHz').number({ min: 0 });
  const fftSize = mel.field('fftSize').integer(SIZE);
  return {
    bands: mel.field('bands').integer(SIZE),
    fftSize,
    hopSize: mel.field('hopSize').integer(SIZE),
    windowSize: mel.field('windowSize').integer({ min: 1, max: fftSize }),
    minHz,
    maxHz: mel.field('maxHz').number({ min: minHz }),
    scale: mel.field('scale').oneOf('slaney', 'htk'),
    log: mel.field('log').oneOf('natural'),
    floor: mel.field('floor').number({ min: Number.MIN_VALUE, max: 1 }),
  };
}

/** @param isKnown whether its statistics must be stated: models of our own see pitch as z-scores. */
function readSpeaker(speaker: JsonReader, isKnown: boolean): Speaker {
  return {
    id: speaker.field('id').string(),
    index: speaker.field('index').integer({ min: 0, max: MAX_SIZE }),
    name: speaker.field('name').string(),
    language: speaker.field('language').string(),
    gender: speaker.field('gender').string(),
    license: speaker.field('license').string(),
    logF0: readStatistics(speaker.field('logF0'), isKnown ? undefined : UNKNOWN_F0),
    logEnergy: readStatistics(speaker.field('logEnergy'), isKnown ? undefined : UNKNOWN_ENERGY),
  };
}

/** Of a speaker whose voice states none: 150 Hz, and a spread that is usual in read speech. */
const UNKNOWN_F0: Statistics = { mean: Math.log(150), std: 0.25 };
const UNKNOWN_ENERGY: Statistics = { mean: 0, std: 1 };

function readStatistics(statistics: JsonReader, unknown: Statistics | undefined): Statistics {
  if (unknown && statistics.isAbsent) return unknown;
  return {
    mean: statistics.field('mean').number({ min: -1000, max: 1000 }),
    std: statistics.field('std').number({ min: 1e-6, max: 1000 }),
  };
}

function readAcoustic(entry: JsonReader, shape: VoiceShape, tokens: readonly string[]): AcousticEntry {
  return {
    ...describeAcoustic(entry, shape, tokens),
    ...readFile(entry),
    maxTrainedTokens: entry.field('maxTrainedTokens').integer({ min: 3, max: 1_000_000 }),
    ...readSteps(entry),
  };
}

/** @param isNeeded whether there must be one: a model of another framework may make frames alone. */
function readVocoders(list: JsonReader, shape: VoiceShape, isNeeded: boolean): Map<string, VocoderEntry> {
  const vocoders = new Map<string, VocoderEntry>();
  for (const [name, entry] of list.entries()) {
    const loudnessOffsets = readOffsets(entry.field('loudnessOffsets'));
    const described = describeVocoder(entry, shape);
    vocoders.set(name, { ...described, loudnessOffsets, ...readFile(entry), ...readSteps(entry) });
  }
  if (vocoders.size === 0 && isNeeded) throw list.invalid('at least one vocoder');
  return vocoders;
}

/** One number for all pitches, or numbers by semitones: { "-12": 0.1, "0": 1.2, "12": 0.7 }. */
function readOffsets(offsets: JsonReader): Map<string, LoudnessOffset[]> {
  const bounds = { min: -40, max: 40 };
  const read = (offset: JsonReader): LoudnessOffset[] => {
    if (offset.isNumber) return [{ semitones: 0, lu: offset.number(bounds) }];
    return offset
      .entries()
      .map(([semitones, lu]) => {
        if (!(Math.abs(Number(semitones)) <= 48)) throw offset.invalid('keys in semitones, -48 to 48');
        return { semitones: Number(semitones), lu: lu.number(bounds) };
      })
      .sort((one, other) => one.semitones - other.semitones);
  };
  return new Map(
    offsets.isAbsent ? [] : offsets.entries().map(([speaker, offset]) => [speaker, read(offset)]),
  );
}

function readQuality(
  quality: JsonReader,
  vocoders: ReadonlyMap<string, unknown>,
): Pick<VoiceManifest, 'quality' | 'tiers'> {
  const stated = new Map<Quality, string>();
  for (const name of QUALITIES) {
    const tier = quality.field(name);
    if (!tier.isAbsent) stated.set(name, tier.oneOf(...vocoders.keys()));
  }
  const tiers = [...stated.keys()];
  if (tiers.length === 0 && vocoders.size > 0)
    throw quality.invalid(`at least one of ${QUALITIES.join(', ')}`);
  const distance = (one: Quality, other: Quality) =>
    Math.abs(QUALITIES.indexOf(one) - QUALITIES.indexOf(other));
  const nearest = (name: Quality): string => {
    const [tier] = [...tiers].sort((one, other) => distance(one, name) - distance(other, name));
    return stated.get(tier!) ?? '';
  };
  const entries = QUALITIES.map((name) => [name, nearest(name)] as const);
  return { quality: Object.fromEntries(entries) as Record<Quality, string>, tiers };
}

function readManner(root: JsonReader): Pick<VoiceManifest, 'description' | 'intonation'> {
  const [description, intonation] = [root.field('description'), root.field('intonation')];
  return {
    description: description.isAbsent ? '' : description.string(),
    intonation: intonation.isAbsent ? 'model' : intonation.oneOf(...INTONATIONS),
  };
}

function readLoudness(
  loudness: JsonReader,
  speakers: readonly string[],
  { model }: AcousticEntry,
): Map<string, LoudnessWeights> {
  const weights = new Map<string, LoudnessWeights>();
  if (loudness.isAbsent) return weights;
  const { channels } = model.config as { channels?: number };
  const bounds = { min: -1000, max: 1000 };
  const numbers = (list: JsonReader, count: number): number[] =>
    list.items({ min: count, max: count }).map((item) => item.number(bounds));
  for (const [speaker, entry] of loudness.entries()) {
    if (!speakers.includes(speaker)) throw loudness.invalid(`speakers of the voice: ${speakers.join(', ')}`);
    weights.set(speaker, {
      bias: entry.field('bias').number(bounds),
      hidden: Float32Array.from(numbers(entry.field('hidden'), channels ?? 0)),
      energy: numbers(entry.field('energy'), 3) as unknown as LoudnessWeights['energy'],
      pitch: numbers(entry.field('pitch'), 3) as unknown as LoudnessWeights['pitch'],
      pitchSquared: entry.field('pitchSquared').number(bounds),
      logDuration: entry.field('logDuration').number(bounds),
    });
  }
  return weights;
}

/** A name that cannot lead out of the folder, on any system. */
function readFile(entry: JsonReader): FileEntry {
  const file = entry.field('file');
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(file.string())) {
    throw file.invalid('a plain file name (letters, digits, _ . -) inside the voice folder');
  }
  const sha256 = entry.field('sha256');
  if (!/^[0-9a-f]{64}$/.test(sha256.string())) throw sha256.invalid('64 lower-case hex digits');
  return {
    file: file.string(),
    bytes: entry.field('bytes').integer({ min: 10, max: 2 ** 31 - 1 }),
    sha256: sha256.string(),
  };
}

function readSteps(entry: JsonReader): { steps?: number } {
  const steps = entry.field('steps');
  return steps.isAbsent ? {} : { steps: steps.integer({ min: 0 }) };
}

function readUnique<T>(items: JsonReader[], read: (item: JsonReader) => T): T[] {
  const seen = new Set<T>();
  for (const item of items) {
    if (seen.has(read(item))) throw item.invalid('an entry that no other repeats');
    seen.add(read(item));
  }
  return [...seen];
}
