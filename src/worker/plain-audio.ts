// Audio and mels on their way: samples are copied once, out of the arena that they share with others, into a buffer of their own,
// which is then transferred and leased where it arrives.
import { AudioBuffer } from '../audio/audio-buffer.js';
import { Mel } from '../audio/mel.js';
import type { Arena } from '../memory/arena.js';
import { SpokenMel } from '../synthesis/spoken-mel.js';
import type { PlainAudio, PlainMel } from './messages.js';

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

/** A mel as a message, and what to transfer with it. The mel is disposed. */
export function givenMel(spoken: SpokenMel): { gives: PlainMel; transfer: ArrayBuffer[] } {
  const { mel, f0, tokens, durations, pitches, energies, sentences } = spoken;
  const { bands, form } = mel;
  const values = mel.values.slice();
  spoken.dispose();
  const arrays = [values, durations, pitches, energies, ...(f0 ? [f0] : [])];
  const numbers = { f0, tokens, durations, pitches, energies, sentences };
  return {
    gives: { values, bands, form, numbers },
    transfer: arrays.map(({ buffer }) => buffer as ArrayBuffer),
  };
}

/** The mel of a message, its values where they are. */
export function melOf({ values, bands, form, numbers }: PlainMel, arena: Arena): SpokenMel {
  return new SpokenMel(new Mel(arena.adopt(values), bands, form), numbers);
}
