// Samples -> the bytes of a file, whole or as they come: one door to all formats. What few programs write is loaded
// when it is written, so that a page does not carry it.
import { type WavEncoding, wavHeader, wavSamples } from '../wav.js';
import type { AudioEncoder, AudioFormat, EncodeContext, EncodeOptions } from './format.js';
import { joined } from './joined.js';
import { sampleEncoder } from './pcm.js';

const WIDTH: Record<WavEncoding, number> = { pcm16: 2, pcm24: 3, float32: 4 };

/** A WAV file: first with the greatest length, as in any live stream, then with the true one. */
function wavEncoder({ sampleRate, channels }: EncodeContext, encoding: WavEncoding): AudioEncoder {
  let samples = 0;
  let isBegun = false;
  const begin = (): Uint8Array[] => {
    if (isBegun) return [];
    isBegun = true;
    const header = wavHeader(0, sampleRate, channels, encoding);
    const view = new DataView(header.buffer);
    view.setUint32(4, 0xffffffff, true);
    view.setUint32(40, 0xffffffff, true);
    return [header];
  };
  return {
    encode(chunk) {
      samples += chunk.length;
      // wavSamples pads to an even length, which only the end of a file may have.
      const bytes = wavSamples(chunk, encoding).subarray(0, chunk.length * WIDTH[encoding]);
      return joined([...begin(), bytes]);
    },
    finish() {
      const isOdd = (samples * WIDTH[encoding]) % 2 === 1;
      return {
        bytes: joined([...begin(), new Uint8Array(isOdd ? 1 : 0)]),
        header: wavHeader(samples / channels, sampleRate, channels, encoding),
      };
    },
    [Symbol.dispose]() {},
  };
}

/**
 * An encoder of checked options.
 * @throws VoirsError ENCODER_NOT_FOUND; INVALID_OPTIONS for a rate or a bit rate that the format does not have.
 */
export async function openEncoder(
  context: EncodeContext,
  options: EncodeOptions & { format: AudioFormat },
): Promise<AudioEncoder> {
  const { format, encoding = 'pcm16' } = options;
  if (format === 'wav') return wavEncoder(context, encoding);
  if (format === 'flac') return (await import('./flac.js')).flacEncoder(context, options);
  if (format === 'mp3') return (await import('./mp3.js')).mp3Encoder(context, options);
  if (format === 'opus') return (await import('./opus.js')).opusEncoder(context, options);
  if (format === 'aac' || format === 'm4a')
    return (await import('./aac.js')).aacEncoder(format, context, options);
  return sampleEncoder(format);
}

/** Frames given to an encoder at a time: one second and a half of speech. */
const STEP = 32768;

/** A whole file. @throws VoirsError as `openEncoder`. */
export async function encodeWhole(
  samples: Float32Array,
  context: EncodeContext,
  options: EncodeOptions & { format: AudioFormat },
): Promise<Uint8Array<ArrayBuffer>> {
  using encoder = await openEncoder({ ...context, canRewrite: true }, options);
  const parts: Uint8Array[] = [];
  const step = STEP * context.channels;
  for (let at = 0; at < samples.length; at += step)
    parts.push(await encoder.encode(samples.subarray(at, at + step)));
  const { bytes, header } = await encoder.finish();
  const file = joined([...parts, bytes]);
  if (header) file.set(header);
  return file;
}
