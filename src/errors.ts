// One error type for the whole engine, so that a caller can act on a code and a person can act on the
// message.
import { escapeUnprintable, printable } from './printable.js';

/** What went wrong, for programs. */
export type VoirsErrorCode =
  | 'SYNTHESIS_FAILED'
  | 'VOICE_NOT_FOUND'
  | 'INVALID_SSML'
  | 'INVALID_OPTIONS'
  | 'INVALID_TEXT'
  | 'UNSUPPORTED_TEXT'
  | 'INVALID_WEIGHTS'
  | 'INVALID_AUDIO'
  | 'MEMORY_ERROR'
  | 'DEVICE_ERROR'
  | 'IO_ERROR'
  | 'ENCODER_NOT_FOUND'
  | 'WORKER_LOST'
  | 'PACKAGE_NOT_FOUND'
  | 'ABORTED'
  | 'DISPOSED';

/**
 * The facts of an error. The error keeps them as one printable line each, of bounded length, whatever file or
 * option they quote.
 */
export interface VoirsErrorDetails {
  got?: string;
  wanted?: string;
  suggestion?: string;
  cause?: unknown;
}

/** Most characters of each part; `wanted` lists all names of an option. */
const MOST = { what: 500, got: 500, wanted: 2000, suggestion: 1000 } as const;

/** Every error that voirs throws on purpose: `code`, `got`, `wanted` and `suggestion` beside the message. */
export class VoirsError extends Error {
  override readonly name = 'VoirsError';
  readonly code: VoirsErrorCode;
  readonly got: string | undefined;
  readonly wanted: string | undefined;
  readonly suggestion: string | undefined;

  constructor(code: VoirsErrorCode, what: string, details: VoirsErrorDetails = {}) {
    const part = (name: 'got' | 'wanted' | 'suggestion'): string | undefined =>
      details[name] === undefined ? undefined : printable(details[name], MOST[name]);
    const [got, wanted, suggestion] = [part('got'), part('wanted'), part('suggestion')];
    const parts = [printable(what, MOST.what)];
    if (got !== undefined) parts.push(`got ${got}`);
    if (wanted !== undefined) parts.push(`wanted ${wanted}`);
    const message = parts.join('; ') + (suggestion ? `. ${suggestion}` : '');
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.got = got;
    this.wanted = wanted;
    this.suggestion = suggestion;
  }

  /** What `--json` prints: no stack, no machine paths. */
  toJSON(): { code: VoirsErrorCode; message: string; got?: string; wanted?: string; suggestion?: string } {
    return {
      code: this.code,
      message: this.message,
      ...(this.got === undefined ? {} : { got: this.got }),
      ...(this.wanted === undefined ? {} : { wanted: this.wanted }),
      ...(this.suggestion === undefined ? {} : { suggestion: this.suggestion }),
    };
  }
}

/** @throws VoirsError ABORTED once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new VoirsError('ABORTED', 'The synthesis was aborted by its signal', { cause: signal.reason });
}

/** Characters of a value that a message shows. */
const MOST_SHOWN = 80;

/** Any value in at most 80 printable characters, control characters escaped; never throws. For `got`. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = written(value);
  } catch {
    text = Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`; // circular, or a getter throws
  }
  text = escapeUnprintable(text);
  if (text.length <= MOST_SHOWN) return text;
  return `${text.slice(0, MOST_SHOWN - 3).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

function written(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 2 * MOST_SHOWN));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 2 * MOST_SHOWN);
  if (Array.isArray(value) && value.length > MOST_SHOWN) return `an array of ${value.length}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value) || prototype === Object.prototype || prototype === null)
    return JSON.stringify(value) ?? 'an object';
  return `an object of class ${(prototype as object).constructor.name.slice(0, MOST_SHOWN)}`;
}

/** The one of `known` that `name` is probably a slip of; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const given = name.slice(0, MOST_SHOWN).toLowerCase();
  const [nearest] = known
    .map((candidate) => ({ candidate, edits: editDistance(given, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.ceil(candidate.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.candidate;
}

/** Letters to insert, delete or replace (Levenshtein 1966). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++)
      next.push(Math.min(row[j]! + (one[i] === other[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row.at(-1)!;
}

/** Names that people type for an option, a command or a value that has another name, as other engines have them. */
const USUAL_NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    speed: ['speakingRate', 'rate'],
    rate: ['speakingRate', 'sampleRate'],
    speakingrate: ['rate'],
    lengthscale: ['speakingRate', 'rate'],
    tempo: ['speakingRate', 'rate'],
    pitch: ['pitchShift'],
    pitchshift: ['pitch'],
    semitones: ['pitchShift', 'pitch'],
    volume: ['volumeGain', 'gain'],
    volumegain: ['gain'],
    gain: ['volumeGain', 'gainDb'],
    loudness: ['volumeGain', 'gain'],
    ssml: ['input'],
    type: ['input', 'format'],
    model: ['weights', 'voice'],
    modelpath: ['weights'],
    speaker: ['voice'],
    lang: ['voice'],
    language: ['voice'],
    locale: ['voice'],
    device: ['backend'],
    threads: ['numThreads'],
    numthreads: ['threads'],
    workers: ['numThreads', 'parallel'],
    jobs: ['parallel'],
    concurrency: ['parallel'],
    gpu: ['useGpu'],
    memory: ['memoryLimitMb'],
    cache: ['cacheSize'],
    samplerate: ['sampleRate'],
    dictionary: ['lexicon'],
    pronunciations: ['lexicon'],
    abortsignal: ['signal'],
    controller: ['signal'],
    abortcontroller: ['signal'],
    progress: ['onProgress'],
    progresscallback: ['onProgress'],
    callback: ['onProgress'],
    codec: ['format'],
    container: ['format'],
    responseformat: ['format'],
    bitdepth: ['encoding'],
    bits: ['encoding'],
    bitrate: ['bitRate'],
    tags: ['metadata'],
    // Of the command line.
    out: ['output', 'out-dir'],
    outfile: ['output'],
    outputfile: ['output'],
    outputdir: ['out-dir'],
    input: ['file'],
    inputfile: ['file'],
    textfile: ['file'],
    subtitles: ['captions'],
    srt: ['captions'],
    vtt: ['captions'],
    listen: ['host'],
    bind: ['host'],
    apikey: ['keys'],
    speak: ['say'],
    synthesize: ['say'],
    tts: ['say'],
    server: ['serve'],
    // Of formats: those of their files, and what other programs call them.
    ogg: ['opus'],
    oga: ['opus'],
    oggopus: ['opus'],
    wave: ['wav'],
    mpeg: ['mp3'],
    mp4: ['m4a'],
    m4b: ['m4a'],
    adts: ['aac'],
    raw: ['pcm'],
    s16le: ['pcm', 'pcm16'],
    pcms16le: ['pcm', 'pcm16'],
    pcm16: ['pcm'],
    linear16: ['pcm', 'pcm16'],
    l16: ['pcm', 'pcm16'],
    ulaw: ['mulaw'],
    pcmu: ['mulaw'],
    pcma: ['alaw'],
    s16: ['pcm16', 'pcm'],
    s24: ['pcm24'],
    f32: ['float32'],
    float: ['float32'],
    webvtt: ['vtt'],
    subrip: ['srt'],
    praat: ['textgrid'],
  }),
);

/** Options that belong to another call than people think. */
const ELSEWHERE: ReadonlyMap<string, string> = new Map(
  Object.entries({
    format: 'Give it to encode or save, which write files',
    responseformat: 'Give a format to encode or save, which write files',
    encoding: 'Give it to encode or save, which write files',
    samplerate: 'Give it to VoirsPipeline.create',
    quality: 'Give it to VoirsPipeline.create',
    backend: 'Give it to VoirsPipeline.create',
    weights: 'Give it to VoirsPipeline.create',
    lexicon: 'Give it to VoirsPipeline.create',
    speed: 'Give speakingRate to synthesize, stream or prepare',
    rate: 'Give speakingRate to synthesize, stream or prepare',
    speakingrate: 'Give it to synthesize, stream or prepare',
    pitch: 'Give pitchShift to synthesize, stream or prepare',
    pitchshift: 'Give it to synthesize, stream or prepare',
    volume: 'Give volumeGain to synthesize, stream or render',
    volumegain: 'Give it to synthesize, stream or render',
    lang: 'A voice has one language: choose a voice',
    language: 'A voice has one language: choose a voice',
  }),
);

/** A name without what people write in different ways. */
const plainName = (name: string): string => name.slice(0, MOST_SHOWN).toLowerCase().replace(/[_-]/g, '');

/** The one of `known` that people mean by a name: it, written otherwise; what other engines call so; or the nearest. */
export function meantName(name: string, known: readonly string[]): string | undefined {
  const plain = plainName(name);
  return (
    known.find((one) => plainName(one) === plain) ??
    USUAL_NAMES.get(plain)?.find((one) => known.includes(one)) ??
    nearestName(name, known)
  );
}

/** What a wrong name of an option suggests: what people mean by it, or the place it belongs to. */
function suggestionFor(name: string, known: readonly string[]): string | undefined {
  const meant = meantName(name, known);
  return meant === undefined ? ELSEWHERE.get(plainName(name)) : `Did you mean ${meant}?`;
}

/**
 * Refuses a value outside a list of names, and suggests the one that is meant.
 * @param what names the value in the message: "preset", "option of mix".
 * @throws VoirsError INVALID_OPTIONS.
 */
export function refuseOtherThan(known: readonly string[], value: unknown, what: string): void {
  if (typeof value === 'string' && known.includes(value)) return;
  const meant = typeof value === 'string' ? meantName(value, known) : undefined;
  throw new VoirsError('INVALID_OPTIONS', `Unknown ${what}`, {
    got: shown(value),
    wanted: known.length > 0 ? `one of ${known.join(', ')}` : 'none',
    ...(meant === undefined ? {} : { suggestion: `Did you mean ${meant}?` }),
  });
}

/** The names of an options type, for {@link refuseUnknown}; the compiler keeps the list complete. */
export function optionNames<T>(names: Record<keyof T, true>): readonly string[] {
  return Object.keys(names);
}

/**
 * Refuses options that are no object, and own keys that are not in `known`.
 * @param where whose options they are: "mix".
 * @throws VoirsError INVALID_OPTIONS with the known name that is meant.
 */
export function refuseUnknown(options: unknown, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new VoirsError('INVALID_OPTIONS', `The options of ${where} are not an object`, {
      got: shown(options),
    });
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const suggestion = suggestionFor(key, known);
    throw new VoirsError('INVALID_OPTIONS', `Unknown option of ${where}`, {
      got: shown(key),
      wanted: known.length > 0 ? `one of ${known.join(', ')}` : 'none',
      ...(suggestion === undefined ? {} : { suggestion }),
    });
  }
}

/** Refuses a signal that is neither absent nor an AbortSignal. @throws VoirsError INVALID_OPTIONS. */
export function refuseNonSignal(signal: unknown): void {
  if (signal === undefined) return;
  // By its parts: a signal of another realm or of a polyfill is no instance of this one's class.
  const parts = Object(signal) as { aborted?: unknown; addEventListener?: unknown; signal?: unknown };
  if (typeof parts.aborted === 'boolean' && typeof parts.addEventListener === 'function') return;
  throw new VoirsError('INVALID_OPTIONS', 'signal is not an AbortSignal', {
    got: shown(signal),
    wanted: 'an AbortSignal',
    ...(parts.signal === undefined ? {} : { suggestion: 'Pass controller.signal' }),
  });
}

/** Refuses a value that is neither absent nor a string. @throws VoirsError INVALID_OPTIONS. */
export function refuseNonString(name: string, value: unknown, wanted = 'a string'): void {
  if (value === undefined || typeof value === 'string') return;
  throw new VoirsError('INVALID_OPTIONS', `${name} is not a string`, { got: shown(value), wanted });
}

/** Refuses callbacks, by name, that are neither functions nor absent. @throws VoirsError INVALID_OPTIONS. */
export function refuseNonFunctions(callbacks: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(callbacks)) {
    if (value === undefined || typeof value === 'function') continue;
    throw new VoirsError('INVALID_OPTIONS', `${name} is not a function`, { got: shown(value) });
  }
}
