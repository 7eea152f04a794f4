// The voices of the package, as the build found them in its weights.
import { list } from 'virtual:voices';

export interface StudioVoice {
  id: string;
  name: string;
  gender: string;
  language: string;
  set: string;
  /** Of the natural logarithm of F0 in Hz. */
  logF0: { mean: number; std: number };
  /** URL of a recording of the voice; absent where the build has none. */
  sample?: string;
}

export const voices: readonly StudioVoice[] = list;

export function voiceOf(id: string): StudioVoice {
  return voices.find((voice) => voice.id === id) ?? voices[0]!;
}
