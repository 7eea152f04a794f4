// What stands between the voice's own samples and those given out: another sample rate, then the limiter, so that the
// ceiling holds at the rate given out.
import type { AudioBuffer } from './audio/audio-buffer.js';
import type { Arena } from './memory/arena.js';
import { chunksLimited, wholeLimited } from './output-level.js';
import { chunksAtRate, wholeAtRate } from './output-rate.js';

export interface OutputForm {
  /** Hz of the voice. */
  voiceRate: number;
  /** Hz given out. */
  sampleRate: number;
  isLimited: boolean;
}

/** One buffer; the raw one is used up. */
export async function finishedWhole(raw: AudioBuffer, { sampleRate, isLimited }: OutputForm) {
  const audio = await wholeAtRate(raw, sampleRate);
  return isLimited ? wholeLimited(audio) : audio;
}

/** The same chunk by chunk, with the same samples. */
export function finishedChunks(
  chunks: AsyncGenerator<AudioBuffer, void, undefined>,
  { voiceRate, sampleRate, isLimited }: OutputForm,
  arena: Arena,
): AsyncGenerator<AudioBuffer, void, undefined> {
  const converted = voiceRate === sampleRate ? chunks : chunksAtRate(chunks, voiceRate, sampleRate, arena);
  return isLimited ? chunksLimited(converted, sampleRate, arena) : converted;
}
