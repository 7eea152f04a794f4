// The options that select a voice and its delivery, shared by every command, and the parts of a voice that
// commands load without a pipeline. Options are checked before anything is loaded.
import {
  AUDIO_FORMATS,
  type AudioFormat,
  type AudioMetadata,
  checkedEncoding,
  type EncodeOptions,
  formatOfFile,
} from '../audio/formats/format.js';
import { WAV_ENCODINGS, type WavEncoding } from '../audio/wav.js';
import {
  EMOJI,
  gainFactor,
  LEAVE_OUT,
  type Lexicon,
  type NumberOptions,
  type PauseOptions,
  type PipelineOptions,
  prosodyOptions,
  QUALITIES,
  SAMPLE_RATES,
  type SampleRate,
  SynthesisConfig,
  type SynthesisConfigInput,
  type SynthesisOptions,
  UNSUPPORTED,
} from '../config.js';
import { Frontend } from '../frontend/frontend.js';
import { lexiconText } from '../frontend/lexicon/lexicon-text.js';
import { loadPronouncer, namedVoiceFiles } from '../voices/catalog.js';
import { loadVoiceFiles, type VoiceFiles } from '../voices/files.js';
import { choiceOption, integerOption, numberOption, type OptionValues } from './command.js';
import { readTextFile } from './text-input.js';

/** Where a command computes, and with which voice set. */
export const engineOptions = {
  backend: {
    type: 'string',
    short: 'b',
    value: 'NAME',
    help: 'Backend: auto (default) or one that voirs doctor lists',
  },
  threads: {
    type: 'string',
    short: 't',
    value: 'N',
    help: 'Threads of the backend, 1 to 32 (default: up to 4)',
  },
  weights: {
    type: 'string',
    value: 'PATH',
    help: "Folder of a voice set, a Hugging Face model's folder, or Piper's .onnx (default: the shipped one)",
  },
} as const;

/** How a text is read. */
export const readingOptions = {
  plain: { type: 'boolean', help: 'Read plain words only: no numbers, dates or abbreviations' },
  lexicon: {
    type: 'string',
    value: 'FILE',
    help: 'Pronunciations that take precedence: JSON, PLS or lines of WORD PHONES',
  },
  'strict-ssml': {
    type: 'boolean',
    help: 'With --ssml: refuse what is otherwise passed over with a warning',
  },
  'max-text-bytes': {
    type: 'string',
    value: 'N',
    help: 'Largest text in bytes of UTF-8; a larger one is refused (default 4000000)',
  },
  numbers: {
    type: 'string',
    value: 'WORDS',
    help: 'Read numbers so: digits, pairs or amounts; years; oh or zero; day-first (with commas)',
  },
  'sentence-pause': { type: 'string', value: 'S', help: 'Seconds between sentences, 0 to 60 (default 0.35)' },
  'paragraph-pause': {
    type: 'string',
    value: 'S',
    help: 'Seconds between paragraphs, 0 to 60 (default 0.7)',
  },
  unsupported: {
    type: 'string',
    value: 'HOW',
    help: 'What the voice cannot read: skip (default), name (of its script) or error',
  },
  emoji: { type: 'string', value: 'HOW', help: 'Emoji: skip (default) or name' },
  'leave-out': {
    type: 'string',
    value: 'A,B',
    help: 'Not read: code, addresses, citations, brackets, tables (default citations; none for nothing)',
  },
} as const;

/** Which voice speaks, how, and into which samples. */
export const speakingOptions = {
  voice: { type: 'string', short: 'v', value: 'ID', help: 'Voice, as voirs voices lists them' },
  rate: {
    type: 'string',
    short: 'r',
    value: 'R',
    help: 'Speaking rate, 0.5 to 2 (default 1; 2 is twice as fast)',
  },
  pitch: { type: 'string', short: 'p', value: 'S', help: 'Pitch shift in semitones, -12 to 12 (default 0)' },
  gain: { type: 'string', short: 'g', value: 'DB', help: 'Gain in dB, -20 to 20 (default 0)' },
  quality: {
    type: 'string',
    short: 'q',
    value: 'TIER',
    help: 'Quality: low, medium (default), high, ultra; the shipped voices have one for all',
  },
  ...readingOptions,
  'sample-rate': { type: 'string', value: 'HZ', help: `Hz: ${SAMPLE_RATES.join(', ')} (default 22050)` },
  format: {
    type: 'string',
    value: 'NAME',
    help: `Format: ${AUDIO_FORMATS.join(', ')} (default: by the extension, else wav)`,
  },
  encoding: {
    type: 'string',
    value: 'NAME',
    help: 'Samples of WAV and FLAC: pcm16 (default), pcm24, float32',
  },
  'bit-rate': { type: 'string', value: 'BPS', help: 'Bits per second of mp3, opus, aac and m4a' },
  title: { type: 'string', value: 'TEXT', help: 'Title in the file: mp3, flac, opus, aac, m4a' },
  artist: { type: 'string', value: 'TEXT', help: 'Artist in the file, as the next three' },
  album: { type: 'string', value: 'TEXT', help: 'Album' },
  date: { type: 'string', value: 'DATE', help: 'A year, or a date of ISO 8601' },
  comment: { type: 'string', value: 'TEXT', help: 'Comment' },
  lyrics: { type: 'boolean', help: 'Store the text, with the times of its words where the format has them' },
  ...engineOptions,
} as const;

type SpeakingValues = OptionValues<typeof speakingOptions>;
type ReadingValues = OptionValues<typeof readingOptions>;

/** What each word of --numbers asks for. */
const NUMBER_WORDS: Readonly<Record<string, NumberOptions>> = {
  digits: { digits: true },
  pairs: { digits: 'pairs' },
  amounts: { digits: false, year: false },
  years: { year: true },
  oh: { zero: 'oh' },
  zero: { zero: 'zero' },
  'day-first': { dates: 'day-first' },
  'month-first': { dates: 'month-first' },
};

function numbersOption(value: string | undefined): { numbers?: NumberOptions } {
  if (value === undefined) return {};
  const words = value.split(',').map((word) => word.trim().toLowerCase());
  const choices = Object.keys(NUMBER_WORDS);
  const fields = words.map((word) => NUMBER_WORDS[choiceOption('--numbers', word, choices)!]!);
  return { numbers: Object.assign({}, ...fields) as NumberOptions };
}

function pausesOption(values: ReadingValues): { pauses?: PauseOptions } {
  const sentence = numberOption('--sentence-pause', values['sentence-pause']);
  const paragraph = numberOption('--paragraph-pause', values['paragraph-pause']);
  if (sentence === undefined && paragraph === undefined) return {};
  return {
    pauses: {
      ...(sentence === undefined ? {} : { sentence }),
      ...(paragraph === undefined ? {} : { paragraph }),
    },
  };
}

/** Settings of reading from a command line. @throws VoirsError INVALID_OPTIONS. */
export function readingSettings(values: ReadingValues): SynthesisConfigInput {
  const unsupported = choiceOption('--unsupported', values.unsupported, UNSUPPORTED);
  const emoji = choiceOption('--emoji', values.emoji, EMOJI);
  const listed = values['leave-out']?.split(/[\s,]+/).filter((name) => name !== '' && name !== 'none');
  const maxTextBytes = integerOption('--max-text-bytes', values['max-text-bytes'], { min: 1, max: 2 ** 29 });
  const leaveOut = listed?.map((name) => choiceOption('--leave-out', name, LEAVE_OUT)!);
  return {
    ...(unsupported === undefined ? {} : { unsupported }),
    ...(emoji === undefined ? {} : { emoji }),
    ...(leaveOut === undefined ? {} : { leaveOut }),
    ...(maxTextBytes === undefined ? {} : { maxTextBytes }),
    ...(values.plain ? { enablePreprocessing: false } : {}),
    ...(values['strict-ssml'] ? { strictSsml: true } : {}),
    ...numbersOption(values.numbers),
    ...pausesOption(values),
  };
}

/** The lexicon file of a command line. @throws VoirsError IO_ERROR or INVALID_TEXT. */
export async function lexiconOption({ lexicon }: ReadingValues): Promise<{ lexicon?: string }> {
  return lexicon === undefined ? {} : { lexicon: await readTextFile(lexicon) };
}

/** @throws VoirsError INVALID_OPTIONS. */
export function threadsOption(value: string | undefined): { numThreads?: number } {
  const numThreads = integerOption('--threads', value, { min: 1, max: 32 });
  return numThreads === undefined ? {} : { numThreads };
}

/**
 * Options of a pipeline from a command line.
 * @throws VoirsError INVALID_OPTIONS, IO_ERROR or INVALID_TEXT.
 */
export async function pipelineOptions(values: SpeakingValues): Promise<PipelineOptions> {
  const quality = choiceOption('--quality', values.quality, QUALITIES);
  const sampleRate = integerOption('--sample-rate', values['sample-rate'], { min: 1, max: 384_000 });
  const config = new SynthesisConfig({
    ...threadsOption(values.threads),
    ...(quality === undefined ? {} : { quality }),
    ...readingSettings(values),
    // The configuration checks which rates are supported.
    ...(sampleRate === undefined ? {} : { sampleRate: sampleRate as SampleRate }),
  });
  return {
    config,
    ...(values.voice === undefined ? {} : { voice: values.voice }),
    ...(values.backend === undefined ? {} : { backend: values.backend }),
    ...(values.weights === undefined ? {} : { weights: values.weights }),
    ...(await lexiconOption(values)),
  };
}

/** Options of a synthesis from a command line. @throws VoirsError INVALID_OPTIONS. */
export function synthesisOptions(values: SpeakingValues): SynthesisOptions {
  const options: SynthesisOptions = {
    voice: values.voice,
    speakingRate: numberOption('--rate', values.rate),
    pitchShift: numberOption('--pitch', values.pitch),
    volumeGain: numberOption('--gain', values.gain),
  };
  checkSynthesisOptions(options);
  return options;
}

/** Checks the ranges before anything is loaded. @throws VoirsError INVALID_OPTIONS. */
export function checkSynthesisOptions(options: SynthesisOptions): void {
  prosodyOptions(options);
  gainFactor(options.volumeGain);
}

/**
 * How a file is written.
 * @param path decides where no format is named; one without an extension, - and undefined do not.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function formatOptions(
  values: Pick<SpeakingValues, 'format' | 'encoding' | 'bit-rate'> &
    Partial<Pick<SpeakingValues, Exclude<keyof AudioMetadata, 'cover'> | 'lyrics'>>,
  path?: string,
): EncodeOptions & { format: AudioFormat; encoding?: WavEncoding } {
  const format = choiceOption('--format', values.format, AUDIO_FORMATS);
  const encoding = choiceOption('--encoding', values.encoding, WAV_ENCODINGS);
  const bitRate = integerOption('--bit-rate', values['bit-rate'], { min: 1, max: 10_000_000 });
  const { title, artist, album, date, comment } = values;
  const given = Object.entries({ title, artist, album, date, comment }).filter(
    ([, value]) => value !== undefined,
  );
  const metadata: AudioMetadata = Object.fromEntries(given);
  const isNamed = path !== undefined && path !== '-' && /\.[^./\\]*$/.test(path);
  return checkedEncoding(
    {
      format: isNamed ? formatOfFile(path, format) : (format ?? 'wav'),
      ...(encoding === undefined ? {} : { encoding }),
      ...(bitRate === undefined ? {} : { bitRate }),
      ...(given.length === 0 ? {} : { metadata }),
      ...(values.lyrics ? { text: '' } : {}), // known when it is spoken
    },
    'the file',
  ) as EncodeOptions & { format: AudioFormat; encoding?: WavEncoding };
}

/** The voice set in `folder`; default: the shipped one. @throws VoirsError INVALID_WEIGHTS. */
export function openVoice(folder: string | undefined, voice?: string): Promise<VoiceFiles> {
  return folder === undefined ? namedVoiceFiles(voice) : loadVoiceFiles(folder);
}

/** The frontend of a voice, as a pipeline makes it. @throws VoirsError INVALID_WEIGHTS. */
export async function loadFrontend(files: VoiceFiles, lexicon?: Lexicon): Promise<Frontend> {
  const user = lexicon === undefined ? undefined : lexiconText(lexicon);
  return new Frontend(await loadPronouncer(files, user), files.manifest.acoustic.maxTrainedTokens);
}
