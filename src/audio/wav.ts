// WAV files (RIFF/WAVE), written and read, in memory and on disk: the one format every program reads. Written
// here because the maintained npm choices bring hundreds of kilobytes for a 44-byte header.
import { refuseOtherThan, shown, VoirsError } from '../errors.js';
import type { FileFailure } from '../host/contract.js';
import { host } from '../host/host.js';

/** How samples are stored. */
export type WavEncoding = 'pcm16' | 'pcm24' | 'float32';

const FORMATS: Record<WavEncoding, { tag: number; bytes: number }> = {
  pcm16: { tag: 1, bytes: 2 },
  pcm24: { tag: 1, bytes: 3 },
  float32: { tag: 3, bytes: 4 },
};

/** Names of the encodings, for messages. */
export const WAV_ENCODINGS = Object.keys(FORMATS) as WavEncoding[];

/**
 * The 44 bytes before `frames` x `channels` samples.
 * @throws VoirsError INVALID_OPTIONS for an unknown encoding.
 */
export function wavHeader(
  frames: number,
  sampleRate: number,
  channels: number,
  encoding: WavEncoding,
): Uint8Array {
  refuseOtherThan(WAV_ENCODINGS, encoding, 'WAV encoding');
  const { tag, bytes } = FORMATS[encoding];
  const dataBytes = frames * channels * bytes;
  if (dataBytes + 36 > 0xffffffff) {
    throw new VoirsError('INVALID_AUDIO', 'The audio is too long for a WAV file', {
      got: `${dataBytes} bytes of samples`,
      wanted: 'less than 4 GiB',
      suggestion: 'Save it in parts',
    });
  }
  const header = new DataView(new ArrayBuffer(44));
  const ascii = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) header.setUint8(at + i, text.charCodeAt(i));
  };
  ascii(0, 'RIFF');
  header.setUint32(4, 36 + dataBytes + (dataBytes % 2), true);
  ascii(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, tag, true);
  header.setUint16(22, channels, true);
  header.setUint32(24, sampleRate, true);
  header.setUint32(28, sampleRate * channels * bytes, true);
  header.setUint16(32, channels * bytes, true);
  header.setUint16(34, bytes * 8, true);
  ascii(36, 'data');
  header.setUint32(40, dataBytes, true);
  return new Uint8Array(header.buffer);
}

/** Samples in [-1, 1] as they stand in the file; the PCM encodings clip those beyond. */
export function wavSamples(samples: Float32Array, encoding: WavEncoding): Uint8Array {
  const { bytes } = FORMATS[encoding];
  const dataBytes = samples.length * bytes;
  const out = new Uint8Array(dataBytes + (dataBytes % 2)); // chunks are padded to even lengths
  const view = new DataView(out.buffer);
  if (encoding === 'float32') {
    for (let i = 0; i < samples.length; i++) view.setFloat32(i * 4, samples[i]!, true);
    return out;
  }
  const full = encoding === 'pcm16' ? 0x7fff : 0x7fffff;
  for (let i = 0; i < samples.length; i++) {
    const value = Math.round(Math.min(1, Math.max(-1, samples[i]!)) * full);
    if (encoding === 'pcm16') {
      view.setInt16(i * 2, value, true);
    } else {
      view.setInt16(i * 3, value & 0xffff, true);
      view.setInt8(i * 3 + 2, value >> 16);
    }
  }
  return out;
}

/** A whole file; samples of several channels are interleaved. */
export function encodeWav(
  samples: Float32Array,
  sampleRate: number,
  channels: number,
  encoding: WavEncoding = 'pcm16',
): Uint8Array {
  const header = wavHeader(samples.length / channels, sampleRate, channels, encoding);
  const data = wavSamples(samples, encoding);
  const file = new Uint8Array(header.length + data.length);
  file.set(header);
  file.set(data, header.length);
  return file;
}

/** The form of a file's samples, and a way to read them. */
interface WavContent {
  sampleRate: number;
  channels: 1 | 2;
  /** Samples of all channels together. */
  length: number;
  /**
   * Writes them into `out`, which holds `length`.
   * @throws VoirsError INVALID_AUDIO for one that is not a number.
   */
  readInto(out: Float32Array): void;
}

/** Sample at a byte. */
type SampleReader = (view: DataView, at: number) => number;

/**
 * By kind and bits. Integers are divided by the largest positive value, by which writing multiplies: a file
 * that is read is written back bit for bit, and the lowest integer comes out just below -1.
 */
const READERS: Record<string, SampleReader> = {
  'PCM 8': (view, at) => (view.getUint8(at) - 128) / 0x7f,
  'PCM 16': (view, at) => view.getInt16(at, true) / 0x7fff,
  'PCM 24': (view, at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 0x7fffff,
  'PCM 32': (view, at) => view.getInt32(at, true) / 0x7fffffff,
  'float 32': (view, at) => view.getFloat32(at, true),
  'float 64': (view, at) => view.getFloat64(at, true),
};

const KINDS: Record<number, string> = { 1: 'PCM', 3: 'float' };
const EXTENSIBLE = 0xfffe;
/** The bytes after the first two of a sub-format that stands for a format tag. */
const TAG_GUID = '000000001000800000aa00389b71';
/** The length that writers state when they do not know it: the data then go on to the end of the file. */
const UNKNOWN = 0xffffffff;
const MIN_RATE = 1000;
const MAX_RATE = 192_000;

function invalid(what: string, got: string, wanted: string, suggestion?: string): VoirsError {
  return new VoirsError('INVALID_AUDIO', what, { got, wanted, ...(suggestion ? { suggestion } : {}) });
}

/** Four characters; a `?` for each that is not printable. */
function fourAt(view: DataView, at: number): string {
  let text = '';
  for (let i = 0; i < 4; i++) text += String.fromCharCode(view.getUint8(at + i));
  return text.replace(/[^ -~]/g, '?');
}

/** [start, end) of the two chunks that are read. */
function findChunks(view: DataView): { format: [number, number]; data: [number, number] } {
  let format: [number, number] | undefined;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const id = fourAt(view, at);
    const declared = view.getUint32(at + 4, true);
    const start = at + 8;
    const here = view.byteLength - start;
    const size = id === 'data' && declared === UNKNOWN ? here : declared;
    if (size > here) {
      throw invalid('The WAV file ends too early', `${here} bytes of its "${id}" chunk`, `${declared} bytes`);
    }
    if (id === 'fmt ') format ??= [start, start + size];
    if (id === 'data') {
      if (size === 0 && here > 0 && view.getUint32(4, true) + 8 <= start) {
        throw invalid(
          'The WAV file was never finished',
          `${here} bytes after a header of 0 bytes`,
          'their number',
        );
      }
      if (!format) throw invalid('The WAV file has no format before its samples', 'data', 'fmt, then data');
      return { format, data: [start, start + size] };
    }
    at = start + size + (size % 2); // chunks lie at even places
  }
  throw invalid(
    'The WAV file has no samples',
    `${view.byteLength} bytes without a "data" chunk`,
    'a "data" chunk',
  );
}

/** The format tag, or the tag that the sub-format of an extensible header stands for. */
function formatTag(view: DataView, [start, end]: [number, number]): number {
  const tag = view.getUint16(start, true);
  if (tag !== EXTENSIBLE) return tag;
  if (end - start < 40) throw invalid('The WAV header is too short', `${end - start} bytes`, '40 bytes');
  let guid = '';
  for (let i = start + 26; i < start + 40; i++) guid += view.getUint8(i).toString(16).padStart(2, '0');
  if (guid === TAG_GUID) return view.getUint16(start + 24, true);
  throw invalid('Unknown WAV sub-format', guid, 'PCM or float', 'Convert it to 16-bit PCM');
}

/** The bytes of a file: an ArrayBuffer, as `fetch` gives, or any view of one. */
export type FileBytes = ArrayBufferLike | ArrayBufferView;

/** @throws VoirsError INVALID_AUDIO for a value that holds no bytes. */
function viewOf(file: FileBytes): DataView {
  if (ArrayBuffer.isView(file)) return new DataView(file.buffer, file.byteOffset, file.byteLength);
  // By its tag: a buffer from another realm (a frame, a vm context) is no instance of this one's class.
  if (/^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(file)))
    return new DataView(file);
  throw invalid('Not the bytes of a file', shown(file), 'an ArrayBuffer or a view of one');
}

/**
 * Reads WAV files as programs write them: chunks in any order, the extensible header, streams of unknown
 * length. Nothing is read beyond the file and nothing is guessed.
 * @throws VoirsError INVALID_AUDIO unless it is a WAV file that can be read.
 */
export function readWav(file: FileBytes): WavContent {
  const view = viewOf(file);
  const { byteLength } = view;
  if (byteLength < 12 || fourAt(view, 0) !== 'RIFF' || fourAt(view, 8) !== 'WAVE') {
    const got = byteLength < 12 ? `${byteLength} bytes` : `${fourAt(view, 0)}....${fourAt(view, 8)}`;
    throw invalid('Not a WAV file', got, 'RIFF....WAVE', 'Convert it to WAV first');
  }
  const { format, data } = findChunks(view);
  const [at, formatEnd] = format;
  if (formatEnd - at < 16)
    throw invalid('The WAV header is too short', `${formatEnd - at} bytes`, '16 bytes');
  const tag = formatTag(view, format);
  const channels = view.getUint16(at + 2, true);
  const sampleRate = view.getUint32(at + 4, true);
  const blockAlign = view.getUint16(at + 12, true);
  const bits = view.getUint16(at + 14, true);
  const kind = `${KINDS[tag] ?? `format ${tag},`} ${bits}`;
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  if (!read) {
    throw invalid(
      'Unsupported WAV encoding',
      `${kind} bit`,
      Object.keys(READERS).join(', '),
      'Convert it to 16-bit PCM',
    );
  }
  if (channels !== 1 && channels !== 2) {
    throw invalid('Unsupported number of channels', String(channels), '1 or 2', 'Mix it down first');
  }
  if (sampleRate < MIN_RATE || sampleRate > MAX_RATE) {
    throw invalid('Unsupported sample rate', `${sampleRate} Hz`, `${MIN_RATE} to ${MAX_RATE} Hz`);
  }
  const width = bits / 8;
  if (blockAlign !== width * channels) {
    throw invalid('The WAV header contradicts itself', `${blockAlign} bytes a frame`, `${width * channels}`);
  }
  const size = data[1] - data[0];
  if (size % blockAlign !== 0) {
    throw invalid('The last frame is cut off', `${size} bytes of samples`, `a multiple of ${blockAlign}`);
  }
  const length = size / width;
  return {
    sampleRate,
    channels,
    length,
    readInto(out) {
      for (let i = 0; i < length; i++) {
        out[i] = read(view, data[0] + i * width);
        if (!Number.isFinite(out[i])) {
          throw invalid(`Sample ${i} of the WAV file cannot be played`, String(out[i]), 'a finite number');
        }
      }
    },
  };
}

/** @param path a URL in a browser. @throws VoirsError IO_ERROR. */
export async function readAudioFile(path: string): Promise<Uint8Array> {
  try {
    return await (await host.files.open(path)).read();
  } catch (cause) {
    const { got, suggestion = 'Check that the file exists and can be read' } = cause as FileFailure;
    throw new VoirsError('IO_ERROR', `The audio could not be read from ${path}`, { got, suggestion, cause });
  }
}

/** @throws VoirsError IO_ERROR; in a browser always. */
export async function writeAudioFile(path: string, file: Uint8Array): Promise<void> {
  try {
    await host.files.write(path, file);
  } catch (cause) {
    const { got, suggestion = 'Check that the folder exists and can be written to' } = cause as FileFailure;
    throw new VoirsError('IO_ERROR', `The audio could not be written to ${path}`, { got, suggestion, cause });
  }
}
