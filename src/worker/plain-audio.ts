// Audio on its way: samples are copied once, out of the arena that they share with others, into a buffer of their own,
// which is then transferred and leased where it arrives.
import { AudioBuffer } from '../audio/audio-buffer.js';
import type { Arena } from '../memory/arena.js';
import type { PlainAudio } from './messages.js';

/** A copy of audio as a message. */
export function plainAudio(audio: AudioBuffer): PlainAudio {
  const { sampleRate, channels, timeline, startTime } = audio;
  return { samples: audio.samples.slice(), sampleRate, channels, timeline, startTime };
}

/** Audio as a message, and what to transfer with it. The audio is disposed. */
export function given(audio: AudioBuffer): { gives: PlainAudio; transfer: ArrayBuffer[] } {
  const gives = plainAudio(audio);
  audio.dispose();
  return { gives, transfer: [gives.samples.buffer] };
}

/** The audio of a message, its samples where they are. */
export function audioOf(
  { samples, sampleRate, channels, timeline, startTime }: PlainAudio,
  arena: Arena,
): AudioBuffer {
  return new AudioBuffer(arena.adopt(samples), sampleRate, timeline, channels, startTime);
}
