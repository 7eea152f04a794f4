// The formats that audio is written in: their names, file extensions and limits, and the options of writing.
import { nearestName, optionNames, refuseOtherThan, refuseUnknown, shown, VoirsError } from '../../errors.js';
import type { Timeline } from '../timeline.js';
import { WAV_ENCODINGS, type WavEncoding } from '../wav.js';

/**
 * `wav`; `flac` (lossless); `mp3`, `opus` (in Ogg), `aac` (in ADTS) and `m4a` (AAC in MP4), whose encoders are
 * optional packages; and without any header: `pcm` (16 bits, little-endian), `mulaw` and `alaw` (ITU-T G.711).
 */
export type AudioFormat = 'wav' | 'flac' | 'mp3' | 'opus' | 'aac' | 'm4a' | 'pcm' | 'mulaw' | 'alaw';

/** The picture that players show. */
export interface AudioCover {
  /** The file of the picture. */
  data: Uint8Array;
  mediaType: 'image/jpeg' | 'image/png';
}

/** What a file says about itself: ID3v2.4 in MP3 and AAC, Vorbis comments in FLAC and Opus, atoms in M4A. */
export interface AudioMetadata {
  title?: string | undefined;
  artist?: string | undefined;
  album?: string | undefined;
  /** A year, or a date of ISO 8601. */
  date?: string | undefined;
  comment?: string | undefined;
  /** At most 16,000,000 bytes, which FLAC can hold. */
  cover?: AudioCover | undefined;
}

/** A part of a recording that players jump to. */
export interface AudioChapter {
  title: string;
  /** Seconds, from the beginning. */
  start: number;
  /** Seconds, after `start`. */
  end: number;
}

/** Options of `encode`, `encodeStream` and `save`. */
export interface EncodeOptions {
  /** `save` takes it from the extension of the file; default otherwise: wav. */
  format?: AudioFormat | undefined;
  /** Samples of WAV (default pcm16), and of FLAC, which has no floats. */
  encoding?: WavEncoding | undefined;
  /**
   * Bits per second of `mp3` (constant; default 64,000 for a channel up to 24 kHz and 96,000 above), `opus` (the
   * mean; default 32,000 for a channel), `aac` and `m4a` (the mean; default 64,000 for a channel).
   */
  bitRate?: number | undefined;
  /** For mp3, flac, opus, aac and m4a, which has no date that is no date of ISO 8601. */
  metadata?: AudioMetadata | undefined;
  /**
   * The text that was spoken, for mp3, flac, opus, aac and m4a: stored as lyrics. With the times of the words it is
   * also stored as synchronised lyrics (ID3 SYLT; the comment SYNCEDLYRICS), except in m4a, and in streams, whose
   * times come too late.
   */
  text?: string | undefined;
  /**
   * For mp3, flac, opus and files of m4a, in order, at most 255 (ID3 counts them in a byte): ID3v2 CHAP and CTOC; the
   * comments CHAPTER001 and CHAPTER001NAME; a text track for Apple's players and the list of Nero's.
   */
  chapters?: readonly AudioChapter[] | undefined;
}

/** The former name of the options of `save`. */
export type SaveOptions = EncodeOptions;

/** The form of the samples to encode. */
export interface SampleForm {
  /** Hz. */
  sampleRate: number;
  channels: number;
}

/** What one encoding run is told besides its options. */
export interface EncodeContext extends SampleForm {
  /** Times of the words, where they are known before the first byte is written. */
  timeline?: Timeline | undefined;
  /** Whether the first bytes can be written again at the end, as in a file. Default false. */
  canRewrite?: boolean | undefined;
}

/** The last bytes of a file, and its header where that is known only now. */
export interface FileEnd {
  bytes: Uint8Array;
  header?: Uint8Array;
}

/** Writes one file or stream; interleaved samples go in, bytes come out. Dispose it. */
export interface AudioEncoder extends Disposable {
  /** The bytes that these samples complete; the first come with the header. */
  encode(samples: Float32Array): Uint8Array | Promise<Uint8Array>;
  /**
   * The bytes that are left.
   * @returns also the header with what is known only now, as long as the first one, where the format has such.
   */
  finish(): FileEnd | Promise<FileEnd>;
}

const EXTENSIONS: Record<AudioFormat, readonly string[]> = {
  wav: ['wav', 'wave'],
  flac: ['flac'],
  mp3: ['mp3'],
  opus: ['opus', 'ogg', 'oga'],
  aac: ['aac', 'adts'],
  m4a: ['m4a', 'm4b', 'mp4'],
  pcm: ['pcm', 'raw', 's16', 's16le'],
  mulaw: ['ulaw', 'mulaw', 'ul', 'mu'],
  alaw: ['alaw', 'al'],
};

const TYPES: Record<AudioFormat, string> = {
  wav: 'audio/wav',
  flac: 'audio/flac',
  mp3: 'audio/mpeg',
  opus: 'audio/ogg; codecs=opus',
  aac: 'audio/aac',
  m4a: 'audio/mp4',
  pcm: 'audio/L16', // big-endian in RFC 2586; no registered type names little-endian samples
  mulaw: 'audio/basic',
  alaw: 'audio/x-alaw-basic',
};

/** Names of the formats. */
export const AUDIO_FORMATS = Object.keys(EXTENSIONS) as AudioFormat[];

/** Formats that hold metadata. */
const TAGGED: readonly AudioFormat[] = ['mp3', 'flac', 'opus', 'aac', 'm4a'];
/** Formats that hold chapters. */
const CHAPTERED: readonly AudioFormat[] = ['mp3', 'flac', 'opus', 'm4a'];
/** Formats whose bit rate can be chosen. */
const RATED: readonly AudioFormat[] = ['mp3', 'opus', 'aac', 'm4a'];

const OPTIONS = optionNames<EncodeOptions>({
  format: true,
  encoding: true,
  bitRate: true,
  metadata: true,
  text: true,
  chapters: true,
});
const CHAPTER = optionNames<AudioChapter>({ title: true, start: true, end: true });
const MOST_CHAPTERS = 255;
const METADATA = optionNames<AudioMetadata>({
  title: true,
  artist: true,
  album: true,
  date: true,
  comment: true,
  cover: true,
});
const COVER = optionNames<AudioCover>({ data: true, mediaType: true });
const COVER_TYPES: readonly AudioCover['mediaType'][] = ['image/jpeg', 'image/png'];
/** A block of FLAC counts its bytes in three. */
const MOST_COVER = 16_000_000;

/** The media type of a format. */
export function mediaType(format: AudioFormat, { sampleRate, channels }: SampleForm): string {
  const type = TYPES[format];
  const needsForm = format === 'pcm' || format === 'mulaw' || format === 'alaw';
  return needsForm ? `${type}; rate=${sampleRate}; channels=${channels}` : type;
}

/** The extension of files of a format, without the dot. */
export function extensionOf(format: AudioFormat): string {
  return EXTENSIONS[format][0]!;
}

/** The format that the extension of a file names; undefined where it names none. */
export function formatOfExtension(path: string): AudioFormat | undefined {
  const extension = /\.([^./\\]*)$/.exec(path)?.[1]?.toLowerCase() ?? '';
  return AUDIO_FORMATS.find((one) => EXTENSIONS[one].includes(extension));
}

/**
 * The format of a file: the one named, which its extension may not contradict, or that of its extension.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function formatOfFile(path: string, format: AudioFormat | undefined): AudioFormat {
  const name = path.split(/[/\\]/).at(-1)!;
  const extension = /\.([^.]*)$/.exec(name)?.[1]?.toLowerCase() ?? '';
  const own = formatOfExtension(path);
  const all = Object.values(EXTENSIONS).flat();
  if (format === undefined) {
    if (own) return own;
    const nearest = nearestName(extension, all);
    throw new VoirsError('INVALID_OPTIONS', 'The name of the file does not say which format it has', {
      got: shown(name),
      wanted: `an extension of ${all.map((one) => `.${one}`).join(', ')}, or a format`,
      ...(extension !== '' && nearest ? { suggestion: `Did you mean .${nearest}?` } : {}),
    });
  }
  if (own && own !== format) {
    throw new VoirsError('INVALID_OPTIONS', 'The name of the file contradicts the format', {
      got: `${shown(name)} for ${format}`,
      wanted: `.${EXTENSIONS[format].join(' or .')}`,
    });
  }
  return format;
}

/**
 * Checks options of encoding.
 * @throws VoirsError INVALID_OPTIONS for what is unknown, and for what the format does not have.
 */
export function checkedEncoding(
  given: EncodeOptions | AudioFormat,
  where: string,
): EncodeOptions & { format: AudioFormat } {
  const options = typeof given === 'string' ? { format: given } : given;
  refuseUnknown(options, OPTIONS, where);
  const { format = 'wav', encoding, bitRate, metadata, text, chapters } = options;
  refuseOtherThan(AUDIO_FORMATS, format, 'audio format');
  if (encoding !== undefined) {
    refuseOtherThan(WAV_ENCODINGS, encoding, 'WAV encoding');
    const has = format === 'wav' || (format === 'flac' && encoding !== 'float32');
    if (!has) throw lacks(format, 'encoding', encoding);
  }
  if (bitRate !== undefined && !RATED.includes(format)) throw lacks(format, 'bitRate', bitRate);
  if (metadata !== undefined) {
    refuseUnknown(metadata, METADATA, 'metadata');
    const { cover, ...texts } = metadata;
    if (cover !== undefined) checkCover(cover);
    for (const [name, value] of Object.entries(texts)) {
      if (value === undefined || typeof value === 'string') continue;
      throw new VoirsError('INVALID_OPTIONS', `${name} of metadata is not a string`, { got: shown(value) });
    }
    if (!TAGGED.includes(format)) throw lacks(format, 'metadata', metadata);
  }
  if (text !== undefined) {
    if (typeof text !== 'string')
      throw new VoirsError('INVALID_OPTIONS', 'text is not a string', { got: shown(text) });
    if (!TAGGED.includes(format)) throw lacks(format, 'text', text);
  }
  if (chapters !== undefined) {
    checkChapters(chapters);
    if (!CHAPTERED.includes(format)) throw lacks(format, 'chapters', chapters);
  }
  return { ...options, format };
}

/**
 * Checks options of encoding for a file, whose name tells the format where they do not.
 * @throws VoirsError INVALID_OPTIONS as `checkedEncoding` and `formatOfFile`.
 */
export function encodingOfFile(
  path: string,
  given: EncodeOptions | AudioFormat,
  where: string,
): EncodeOptions & { format: AudioFormat } {
  const options = typeof given === 'string' ? { format: given } : given;
  refuseUnknown(options, OPTIONS, where);
  if (options.format !== undefined) refuseOtherThan(AUDIO_FORMATS, options.format, 'audio format');
  if (typeof path !== 'string')
    throw new VoirsError('INVALID_OPTIONS', 'Bad path', { got: shown(path), wanted: 'a string' });
  return checkedEncoding({ ...options, format: formatOfFile(path, options.format) }, where);
}

function checkCover(cover: AudioCover): void {
  refuseUnknown(cover, COVER, 'cover of metadata');
  refuseOtherThan(COVER_TYPES, cover.mediaType, 'media type of a cover');
  if (cover.data instanceof Uint8Array && cover.data.length <= MOST_COVER) return;
  throw new VoirsError('INVALID_OPTIONS', 'The cover is no picture that a file can hold', {
    got: cover.data instanceof Uint8Array ? `${cover.data.length} bytes` : shown(cover.data),
    wanted: `a Uint8Array of at most ${MOST_COVER} bytes`,
  });
}

function checkChapters(chapters: readonly AudioChapter[]): void {
  if (!Array.isArray(chapters) || chapters.length > MOST_CHAPTERS) {
    throw new VoirsError('INVALID_OPTIONS', 'chapters is no list of chapters', {
      got: Array.isArray(chapters) ? `${chapters.length} chapters` : shown(chapters),
      wanted: `at most ${MOST_CHAPTERS} of { title, start, end }`,
    });
  }
  let before = 0;
  for (const [i, chapter] of (chapters as AudioChapter[]).entries()) {
    refuseUnknown(chapter, CHAPTER, `chapter ${i + 1}`);
    const { title, start, end } = chapter;
    const isInOrder = Number.isFinite(end) && start >= before && end > start;
    if (typeof title !== 'string' || !isInOrder) {
      throw new VoirsError(
        'INVALID_OPTIONS',
        `Chapter ${i + 1} has no title or does not follow the one before`,
        {
          got: shown(chapter),
          wanted: `a title, a start from ${before} s, and an end after the start`,
        },
      );
    }
    before = start;
  }
}

function lacks(format: AudioFormat, option: string, value: unknown): VoirsError {
  const wanted: Record<string, string> = {
    encoding: 'wav, or flac with pcm16 or pcm24',
    bitRate: RATED.join(', '),
    metadata: TAGGED.join(', '),
    text: TAGGED.join(', '),
    chapters: CHAPTERED.join(', '),
  };
  return new VoirsError('INVALID_OPTIONS', `${format} has no ${option} of this kind`, {
    got: shown(value),
    wanted: wanted[option]!,
  });
}
