// WAV files (RIFF/WAVE): the one format every program reads. Written here because the maintained npm choices bring
// hundreds of kilobytes for a 44-byte header.
import { VoirsError } from '../errors.js';

/** How samples are stored. */
export type WavEncoding = 'pcm16' | 'pcm24' | 'float32';

const FORMATS: Record<WavEncoding, { tag: number; bytes: number }> = {
  pcm16: { tag: 1, bytes: 2 },
  pcm24: { tag: 1, bytes: 3 },
  float32: { tag: 3, bytes: 4 },
};

/** Names of the encodings, for messages. */
export const WAV_ENCODINGS = Object.keys(FORMATS) as WavEncoding[];

/** The 44 bytes before `frames` x `channels` samples. @throws VoirsError INVALID_OPTIONS for an unknown encoding. */
export function wavHeader(
  frames: number,
  sampleRate: number,
  channels: number,
  encoding: WavEncoding,
): Uint8Array {
  if (!WAV_ENCODINGS.includes(encoding)) {
    throw new VoirsError('INVALID_OPTIONS', 'Unknown WAV encoding', {
      got: String(encoding),
      wanted: WAV_ENCODINGS.join(', '),
    });
  }
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

/** Samples in [-1, 1] as they stand in the file; what lies beyond is clipped in the PCM encodings. */
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
