// Writes audio files, with the encoders of MP3, Opus and AAC as they are needed.
import { encodeWhole } from '../../../src/audio/formats/encode.js';
import { checkedEncoding, mediaType } from '../../../src/audio/formats/format.js';
import { useEncoder } from '../../../src/audio/formats/optional-encoders.js';
import type { FileWish } from './tasks.js';

/** LAME as a file of its own: in the package's entry it stands beside an encoder of Vorbis, in base64. */
const lame = new URL('../../../node_modules/wasm-media-encoders/wasm/mp3.wasm', import.meta.url);

useEncoder('mp3', async () => {
  const { createEncoder } = await import('wasm-media-encoders');
  return { createMp3Encoder: () => createEncoder('audio/mpeg', lame.href) };
});
useEncoder('opus', () => import('libopus-wasm'));
useEncoder('aac', () => import('./aac-package.js'));

const TAGGED = new Set(['mp3', 'opus', 'flac', 'm4a', 'aac']);

/** @throws VoirsError. */
export async function encode({ samples, sampleRate, format, words, text, title }: FileWish) {
  const whole = new Float32Array(samples.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of samples) {
    whole.set(piece, at);
    at += piece.length;
  }
  const tags = TAGGED.has(format) ? { text, metadata: { title, artist: 'voirs' } } : {};
  const form = { sampleRate, channels: 1 };
  const context = { ...form, timeline: { words, marks: [] } };
  const bytes = await encodeWhole(whole, context, checkedEncoding({ format, ...tags }, 'encode'));
  return { bytes, type: mediaType(format, form) };
}
