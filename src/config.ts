// Every option of a pipeline in one place: typed, with its default, its range and its environment variable.
import {
  optionNames,
  refuseNonFunctions,
  refuseNonSignal,
  refuseNonString,
  refuseUnknown,
  shown,
  VoirsError,
} from './errors.js';
import { host } from './host/host.js';
import { LOG_LEVELS, type LogLevel } from './log.js';

export const SAMPLE_RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000] as const;
export const QUALITIES = ['low', 'medium', 'high', 'ultra'] as const;
export const UNSUPPORTED = ['skip', 'name', 'error'] as const;
export const EMOJI = ['skip', 'name'] as const;
export const INTONATIONS = ['model', 'rule'] as const;
export const LEAVE_OUT = ['code', 'addresses', 'citations', 'brackets', 'tables'] as const;

export type SampleRate = (typeof SAMPLE_RATES)[number];
export type Quality = (typeof QUALITIES)[number];
/**
 * What happens to characters that the voice cannot read: left out with a warning, read as the name of their
 * script, or the text is refused.
 */
export type Unsupported = (typeof UNSUPPORTED)[number];
/** What happens to emoji: left out, or read by their Unicode names. */
export type Emoji = (typeof EMOJI)[number];
/** What may be left out of a text: code, web addresses, marks of citations, what is in brackets, tables. */
export type LeaveOut = (typeof LEAVE_OUT)[number];

/** Who gives questions and exclamations their melody: the model, or a rule that bends its predictions. */
export type Intonation = (typeof INTONATIONS)[number];

/** How numbers are read; what is absent follows from the words around a number. */
export interface NumberOptions {
  /**
   * Whole numbers of two digits or more that stand alone: `true` digit by digit, `'pairs'` two by two, `false` as
   * amounts, also where they look like a code.
   */
  digits?: boolean | 'pairs' | undefined;
  /** Four digits from 1100 to 2099: `true` always a year, `false` never. */
  year?: boolean | undefined;
  /** The name of 0 among digits. */
  zero?: 'oh' | 'zero' | undefined;
  /** Which comes first in 3/4/2025. */
  dates?: 'month-first' | 'day-first' | undefined;
}

/** Seconds of silence between sentences, 0 to 60; breaks of markup win. */
export interface PauseOptions {
  /** Default 0.35. */
  sentence?: number | undefined;
  /** Default 0.7. */
  paragraph?: number | undefined;
}

/**
 * Pronunciations that win over all others: the text of a JSON, PLS or plain lexicon, or an object of words with their
 * phones or respellings (docs/lexicon.md).
 */
export type Lexicon = string | Readonly<Record<string, string>>;

/** The fields of a configuration; all of them have defaults. */
export interface SynthesisSettings {
  /** Hz of the audio returned, resampled from the voice's own. Default 22050. VOIRS_SAMPLE_RATE. */
  sampleRate: SampleRate;
  /** Tier that picks the vocoder among those the voice has. Default medium. VOIRS_DEFAULT_QUALITY. */
  quality: Quality;
  /** Prefer a GPU backend where one loads; what was taken stands in `pipeline.backend`. Default false. VOIRS_USE_GPU. */
  useGpu: boolean;
  /** Threads of the backend, 1-32. Default min(4, cores). VOIRS_NUM_THREADS. */
  numThreads: number;
  /**
   * Memory budget in MiB, 16-65536. Default 512. synthesis/memory-limit.ts divides it; `create` refuses less than the voice
   * needs. VOIRS_MEMORY_LIMIT_MB.
   */
  memoryLimitMb: number;
  /** Results of `synthesize` kept for equal requests, 0-10000, in 1/16 of the memory limit. Default 100. VOIRS_CACHE_SIZE. */
  cacheSize: number;
  /** Full text normalisation. Off: plain words only, the rest is skipped and reported. Default true. */
  enablePreprocessing: boolean;
  /** What happens to characters that the voice cannot read. Default skip. VOIRS_UNSUPPORTED. */
  unsupported: Unsupported;
  /** What happens to emoji. Default skip. VOIRS_EMOJI. */
  emoji: Emoji;
  /** What is left out of a text, with a warning. Default ['citations']. VOIRS_LEAVE_OUT, with commas. */
  leaveOut: readonly LeaveOut[];
  /** Faults of SSML refuse the document; off, they are passed over with a warning. Default false. VOIRS_STRICT_SSML. */
  strictSsml: boolean;
  /**
   * Largest text of a call in bytes of UTF-8, SSML and each piece of a text in pieces included, 1 to 2^29. Default
   * 4,000,000. VOIRS_MAX_TEXT_BYTES.
   */
  maxTextBytes: number;
  /** How numbers are read. Default {}: as the text suggests. */
  numbers: NumberOptions;
  /** Silence between sentences and paragraphs. Default {}: 0.35 and 0.7 s. */
  pauses: PauseOptions;
  /** No offset, -23 LUFS, peaks below -1 dBTP, soft edges. Off: the vocoder's samples as they are. Default true. */
  enablePostprocessing: boolean;
  /**
   * What is written to stderr: `warn` (default) what is not as asked for, `info` also what was loaded and what the frontend
   * warns of, `debug` also every call. VOIRS_LOG_LEVEL.
   */
  logLevel: LogLevel;
}

/** Settings that differ from their defaults; undefined counts as absent. */
export type SynthesisConfigInput = { [K in keyof SynthesisSettings]?: SynthesisSettings[K] | undefined };
type Environment = Readonly<Record<string, string | undefined>>;

/** Which environment variable sets which field. */
export const ENVIRONMENT: readonly {
  variable: string;
  field: keyof SynthesisSettings;
  kind: 'number' | 'boolean' | 'text' | 'list';
}[] = [
  { variable: 'VOIRS_NUM_THREADS', field: 'numThreads', kind: 'number' },
  { variable: 'VOIRS_USE_GPU', field: 'useGpu', kind: 'boolean' },
  { variable: 'VOIRS_MEMORY_LIMIT_MB', field: 'memoryLimitMb', kind: 'number' },
  { variable: 'VOIRS_DEFAULT_QUALITY', field: 'quality', kind: 'text' },
  { variable: 'VOIRS_SAMPLE_RATE', field: 'sampleRate', kind: 'number' },
  { variable: 'VOIRS_CACHE_SIZE', field: 'cacheSize', kind: 'number' },
  { variable: 'VOIRS_UNSUPPORTED', field: 'unsupported', kind: 'text' },
  { variable: 'VOIRS_EMOJI', field: 'emoji', kind: 'text' },
  { variable: 'VOIRS_LEAVE_OUT', field: 'leaveOut', kind: 'list' },
  { variable: 'VOIRS_MAX_TEXT_BYTES', field: 'maxTextBytes', kind: 'number' },
  { variable: 'VOIRS_STRICT_SSML', field: 'strictSsml', kind: 'boolean' },
  { variable: 'VOIRS_LOG_LEVEL', field: 'logLevel', kind: 'text' },
];

/** How the environment spells true and false, in any case. */
export const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

type Check = (value: unknown) => boolean;
const oneOf = (values: readonly unknown[]): { wanted: string; check: Check } => ({
  wanted: `one of ${values.join(', ')}`,
  check: (value) => values.includes(value),
});
const listOf = (values: readonly unknown[]): { wanted: string; check: Check } => ({
  wanted: `a list of ${values.join(', ')}`,
  check: (value) => Array.isArray(value) && value.every((one) => values.includes(one)),
});
const integer = (min: number, max: number): { wanted: string; check: Check } => ({
  wanted: `an integer from ${min} to ${max}`,
  check: (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
});
const flag = { wanted: 'true or false', check: (value: unknown) => typeof value === 'boolean' };

const NUMBER_RULES: Record<keyof NumberOptions, Check> = {
  digits: (value) => [true, false, 'pairs'].includes(value as boolean),
  year: flag.check,
  zero: (value) => value === 'oh' || value === 'zero',
  dates: (value) => value === 'month-first' || value === 'day-first',
};
const isPause: Check = (value) => typeof value === 'number' && value >= 0 && value <= 60;

/** Whether a value is an object whose fields are known, and each absent or right. */
function hasOnly(value: unknown, rules: Readonly<Record<string, Check>>): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, field]) => Object.hasOwn(rules, name) && (field === undefined || rules[name]!(field)),
  );
}

const RULES: Record<keyof SynthesisSettings, { wanted: string; check: Check }> = {
  sampleRate: oneOf(SAMPLE_RATES),
  quality: oneOf(QUALITIES),
  useGpu: flag,
  numThreads: integer(1, 32),
  memoryLimitMb: integer(16, 65536),
  cacheSize: integer(0, 10000),
  enablePreprocessing: flag,
  unsupported: oneOf(UNSUPPORTED),
  emoji: oneOf(EMOJI),
  leaveOut: listOf(LEAVE_OUT),
  strictSsml: flag,
  maxTextBytes: integer(1, 2 ** 29),
  numbers: {
    wanted:
      "{ digits: true, false or 'pairs', year: true or false, zero: 'oh' or 'zero', dates: 'month-first' or 'day-first' }",
    check: (value) => hasOnly(value, NUMBER_RULES),
  },
  pauses: {
    wanted: '{ sentence: seconds, paragraph: seconds }, 0 to 60',
    check: (value) => hasOnly(value, { sentence: isPause, paragraph: isPause }),
  },
  enablePostprocessing: flag,
  logLevel: oneOf(LOG_LEVELS),
};

function defaults(): SynthesisSettings {
  return {
    sampleRate: 22050,
    quality: 'medium',
    useGpu: false,
    numThreads: Math.min(4, host.cores()),
    memoryLimitMb: 512,
    cacheSize: 100,
    enablePreprocessing: true,
    unsupported: 'skip',
    emoji: 'skip',
    leaveOut: Object.freeze<LeaveOut[]>(['citations']),
    strictSsml: false,
    maxTextBytes: 4_000_000,
    numbers: {},
    pauses: {},
    enablePostprocessing: true,
    logLevel: 'warn',
  };
}

/** The value of a known field, checked. @throws VoirsError INVALID_OPTIONS. */
function checked(field: keyof SynthesisSettings, value: unknown, origin: string): unknown {
  const rule = RULES[field];
  if (rule.check(value)) return Array.isArray(value) ? Object.freeze([...value]) : value;
  throw new VoirsError('INVALID_OPTIONS', `Bad value for ${origin}`, {
    got: shown(value),
    wanted: rule.wanted,
  });
}

function fromEnvironment(env: Environment): SynthesisConfigInput {
  const found: Record<string, unknown> = {};
  for (const { variable, field, kind } of ENVIRONMENT) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    let value: unknown = text;
    if (kind === 'number' && /^\d+$/.test(text)) value = Number(text); // Number() alone would also take " 0x10 "
    if (kind === 'boolean') value = BOOLEAN_WORDS.get(text.toLowerCase()) ?? text;
    if (kind === 'list') value = text.split(/[\s,]+/).filter(Boolean);
    found[field] = checked(field, value, `the environment variable ${variable}`);
  }
  return found;
}

/** A validated configuration; immutable: `update` gives a new one. */
export class SynthesisConfig implements Readonly<SynthesisSettings> {
  readonly sampleRate!: SampleRate;
  readonly quality!: Quality;
  readonly useGpu!: boolean;
  readonly numThreads!: number;
  readonly memoryLimitMb!: number;
  readonly cacheSize!: number;
  readonly enablePreprocessing!: boolean;
  readonly unsupported!: Unsupported;
  readonly emoji!: Emoji;
  readonly leaveOut!: readonly LeaveOut[];
  readonly strictSsml!: boolean;
  readonly maxTextBytes!: number;
  readonly numbers!: NumberOptions;
  readonly pauses!: PauseOptions;
  readonly enablePostprocessing!: boolean;
  readonly logLevel!: LogLevel;

  /**
   * Defaults, then the VOIRS_* environment, then `input`.
   * @throws VoirsError INVALID_OPTIONS naming the field or variable, what it got and what it wants.
   */
  constructor(input: SynthesisConfigInput = {}, env: Environment = host.environment()) {
    refuseUnknown(input, Object.keys(RULES), 'SynthesisConfig');
    Object.assign(this, defaults(), fromEnvironment(env));
    for (const [field, value] of Object.entries(input)) {
      if (value === undefined) continue;
      Object.assign(this, { [field]: checked(field as keyof SynthesisSettings, value, field) });
    }
    Object.freeze(this);
  }

  copy(): SynthesisConfig {
    return new SynthesisConfig(this.toJSON(), {});
  }

  /** This configuration with some fields changed. */
  update(changes: SynthesisConfigInput): SynthesisConfig {
    refuseUnknown(changes, Object.keys(RULES), 'update');
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    return new SynthesisConfig({ ...this.toJSON(), ...Object.fromEntries(given) }, {});
  }

  toJSON(): SynthesisSettings {
    return { ...this };
  }

  /** @throws VoirsError INVALID_OPTIONS when the text is not a JSON object of known fields. */
  static fromJSON(json: string | SynthesisConfigInput): SynthesisConfig {
    let input: unknown = json;
    if (typeof json === 'string') {
      try {
        input = JSON.parse(json);
      } catch (cause) {
        throw new VoirsError('INVALID_OPTIONS', 'The configuration is not JSON', {
          got: (cause as Error).message,
          cause,
        });
      }
    }
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      throw new VoirsError('INVALID_OPTIONS', 'The configuration is not an object', {
        got: shown(input),
      });
    }
    return new SynthesisConfig(input as SynthesisConfigInput, {});
  }
}

/** Options of a pipeline: its configuration, and where its parts come from. */
export interface PipelineOptions extends SynthesisConfigInput {
  config?: SynthesisConfig | undefined;
  /**
   * A voice of the shipped sets or of `weights`, or `package:speaker` for one of an installed voice package
   * (docs/voices.md). Default: the voice set's own.
   */
  voice?: string | undefined;
  /** `auto` (default) or a registered backend's name. */
  backend?: string | undefined;
  /**
   * Folder of a voice set, folder of a Hugging Face model (VitsModel), or a Piper voice's ONNX file with its
   * .onnx.json beside it; default: the shipped set. docs/models.md.
   */
  weights?: string | undefined;
  /** Default: none. */
  lexicon?: Lexicon | undefined;
}

/** How far `create` is. */
export interface LoadProgress {
  /**
   * What has just been done: `voice` (its description is read), `backend` (it runs), `weights` (some bytes are
   * read), `lexicon` (words and weights are loaded), `ready`.
   */
  stage: 'voice' | 'backend' | 'weights' | 'lexicon' | 'ready';
  /** Bytes of weights read so far, and in all; weights that another pipeline holds are not read again. */
  loadedBytes: number;
  totalBytes: number;
}

/** Options of `create`: those of a pipeline, and how its loading is followed. */
export interface CreateOptions extends PipelineOptions {
  /**
   * Ends the loading: `create` rejects at once, and what is under way is freed when it ends.
   */
  signal?: AbortSignal | undefined;
  /** Told of each stage and of bytes; what it throws ends the loading. */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
}

const PIPELINE_OPTIONS = [
  ...Object.keys(RULES),
  ...optionNames<Omit<CreateOptions, keyof SynthesisSettings>>({
    config: true,
    voice: true,
    backend: true,
    weights: true,
    lexicon: true,
    signal: true,
    onProgress: true,
  }),
];

/**
 * Refuses options of `create` that are unknown or of the wrong type; `lexiconText` checks the lexicon.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function checkPipelineOptions(options: CreateOptions): void {
  refuseUnknown(options, PIPELINE_OPTIONS, 'create');
  const { config, voice, backend, weights, signal, onProgress } = options;
  refuseNonSignal(signal);
  refuseNonFunctions({ onProgress });
  if (config !== undefined && !(config instanceof SynthesisConfig)) {
    throw new VoirsError('INVALID_OPTIONS', 'config is not a configuration', {
      got: shown(config),
      wanted: 'a SynthesisConfig',
      suggestion: 'Spread its fields into the options, or pass new SynthesisConfig(fields)',
    });
  }
  refuseNonString('voice', voice);
  refuseNonString('backend', backend);
  refuseNonString('weights', weights, 'the path of a folder');
}

// Options of single calls: their ranges and defaults, checked before anything runs.

/** How a text is written. */
export type InputForm = 'text' | 'ssml';

/** Options of `synthesize` and `stream`. */
export interface SynthesisOptions {
  /** What the text is: plain text (default), or SSML 1.1. */
  input?: InputForm | undefined;
  /** Voice for this call only. */
  voice?: string | undefined;
  /** 0.5-2; default 1. */
  speakingRate?: number | undefined;
  /** Semitones, -12 to 12; default 0. */
  pitchShift?: number | undefined;
  /** Default: what the voice's manifest says, `rule` where its model speaks questions as statements. */
  intonation?: Intonation | undefined;
  /** dB, -20 to 20; default 0. Samples may then lie beyond [-1, 1]; WAV PCM clips them. */
  volumeGain?: number | undefined;
  /** Default: the pipeline's. */
  unsupported?: Unsupported | undefined;
  /** Default: the pipeline's. */
  emoji?: Emoji | undefined;
  /** Default: the pipeline's. */
  leaveOut?: readonly LeaveOut[] | undefined;
  /** Default: the pipeline's. */
  strictSsml?: boolean | undefined;
  /** Over the pipeline's, field by field. */
  numbers?: NumberOptions | undefined;
  /** Over the pipeline's, field by field. */
  pauses?: PauseOptions | undefined;
  /** Pronunciations of this call: they win over the pipeline's. */
  lexicon?: Lexicon | undefined;
  /** Stops within one chunk and frees everything. */
  signal?: AbortSignal | undefined;
  /** Called as work gets done: a share in [0, 1]. */
  onProgress?: ((done: number) => void) | undefined;
  /** Called with each thing that the text has and the speech has not, or that was read with doubt, and where it stands. */
  onWarning?: ((warning: string) => void) | undefined;
}

/** Prosody of a whole call. */
export interface ProsodyOptions {
  /** 0.5-2, default 1: twice as fast at 2. */
  speakingRate: number;
  /** Semitones, -12 to 12, default 0. */
  pitchShift: number;
}

/** Options of `prepare`, which makes no samples. */
export type PrepareOptions = Omit<SynthesisOptions, 'volumeGain' | 'onProgress' | 'onWarning'>;

/** Options of `mel`, which makes no samples either; with an utterance, `signal` alone. */
export type MelOptions = PrepareOptions;

/** Options of `render`: rate and pitch stand in the utterance's tokens already. */
export type RenderOptions = Pick<SynthesisOptions, 'volumeGain' | 'signal' | 'onProgress'>;

const SYNTHESIS_OPTIONS = optionNames<SynthesisOptions>({
  input: true,
  voice: true,
  speakingRate: true,
  pitchShift: true,
  intonation: true,
  volumeGain: true,
  unsupported: true,
  emoji: true,
  leaveOut: true,
  strictSsml: true,
  numbers: true,
  pauses: true,
  lexicon: true,
  signal: true,
  onProgress: true,
  onWarning: true,
});
const RENDER_OPTIONS = optionNames<RenderOptions>({ volumeGain: true, signal: true, onProgress: true });

const PREPARE_OPTIONS = SYNTHESIS_OPTIONS.filter(
  (name) => name !== 'volumeGain' && name !== 'onProgress' && name !== 'onWarning', // the utterance has its warnings
);

/** The options that each call takes. */
export const CALL_OPTIONS = {
  synthesize: SYNTHESIS_OPTIONS,
  synthesizeSsml: SYNTHESIS_OPTIONS.filter((name) => name !== 'input'),
  stream: SYNTHESIS_OPTIONS,
  prepare: PREPARE_OPTIONS,
  mel: PREPARE_OPTIONS,
  'mel of an utterance': ['signal'],
  render: RENDER_OPTIONS,
} as const;

/**
 * Refuses options that a call does not take, and callbacks, signals and names that are none.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function checkCallOptions(options: SynthesisOptions, where: keyof typeof CALL_OPTIONS): void {
  refuseUnknown(options, CALL_OPTIONS[where], where);
  const { voice, signal, onProgress, onWarning } = options;
  refuseNonString('voice', voice);
  refuseNonFunctions({ onProgress, onWarning });
  refuseNonSignal(signal);
}

const RANGES = { speakingRate: [0.5, 2], pitchShift: [-12, 12], volumeGain: [-20, 20] } as const;

function inRange(name: keyof typeof RANGES, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  const [min, max] = RANGES[name];
  if (typeof value !== 'number' || !(value >= min && value <= max)) {
    throw new VoirsError('INVALID_OPTIONS', `${name} is out of range`, {
      got: shown(value),
      wanted: `a number from ${min} to ${max}`,
    });
  }
  return value;
}

/** @throws VoirsError INVALID_OPTIONS. */
export function prosodyOptions(options: SynthesisOptions): ProsodyOptions {
  return {
    speakingRate: inRange('speakingRate', options.speakingRate, 1),
    pitchShift: inRange('pitchShift', options.pitchShift, 0),
  };
}

/** dB -> factor. @throws VoirsError INVALID_OPTIONS. */
export function gainFactor(volumeGain: number | undefined): number {
  return 10 ** (inRange('volumeGain', volumeGain, 0) / 20);
}

type ReadingField = 'unsupported' | 'emoji' | 'leaveOut' | 'strictSsml' | 'numbers' | 'pauses';

/** The options of reading of a call, over the pipeline's. @throws VoirsError INVALID_OPTIONS. */
export function readingOptions(
  options: Pick<SynthesisOptions, ReadingField>,
  config: SynthesisConfig,
): Pick<SynthesisSettings, ReadingField> {
  const given = <K extends ReadingField>(field: K) =>
    options[field] === undefined
      ? undefined
      : (checked(field, options[field], field) as SynthesisSettings[K]);
  return {
    unsupported: given('unsupported') ?? config.unsupported,
    emoji: given('emoji') ?? config.emoji,
    leaveOut: given('leaveOut') ?? config.leaveOut,
    strictSsml: given('strictSsml') ?? config.strictSsml,
    numbers: { ...config.numbers, ...given('numbers') },
    pauses: { ...config.pauses, ...given('pauses') },
  };
}

/** @throws VoirsError INVALID_OPTIONS. */
export function inputForm({ input = 'text' }: Pick<SynthesisOptions, 'input'>): InputForm {
  if (input === 'text' || input === 'ssml') return input;
  throw new VoirsError('INVALID_OPTIONS', 'input is unknown', {
    got: shown(input),
    wanted: '"text" or "ssml"',
  });
}

/** @throws VoirsError INVALID_OPTIONS. */
export function intonationOf(intonation: Intonation | undefined): Intonation | undefined {
  if (intonation === undefined || INTONATIONS.includes(intonation)) return intonation;
  throw new VoirsError('INVALID_OPTIONS', 'intonation is unknown', {
    got: shown(intonation),
    wanted: INTONATIONS.map((name) => `"${name}"`).join(' or '),
  });
}
