// The names that clients call voices by: ours, OpenAI's, and those that the operator adds.
import { type VoiceInfo, VoirsError } from 'voirs';
import { didYouMean } from './nearest.js';
import { RequestError } from './request-error.js';

/** OpenAI's voices by the gender that listeners hear in them. */
const OPENAI_VOICES: Readonly<Record<'female' | 'male', readonly string[]>> = {
  female: ['alloy', 'coral', 'marin', 'nova', 'sage', 'shimmer', 'fable'],
  male: ['ash', 'ballad', 'cedar', 'echo', 'onyx', 'verse'],
};

/** A voice as the server lists it. */
export interface ListedVoice {
  id: string;
  name: string;
  language: string;
  gender: string;
  license: string;
  /** Other names that it answers to. */
  aliases: string[];
}

export class VoiceNames {
  private readonly byName = new Map<string, string>();

  /**
   * @param aliases names and the voices that they stand for, before OpenAI's.
   * @throws VoirsError INVALID_OPTIONS when an alias stands for no voice.
   */
  constructor(
    private readonly voices: readonly VoiceInfo[],
    aliases: Readonly<Record<string, string>> = {},
  ) {
    for (const [gender, names] of Object.entries(OPENAI_VOICES)) {
      const own = voices.filter((voice) => voice.gender === gender);
      const among = own.length > 0 ? own : voices;
      for (const [n, name] of names.entries()) this.byName.set(name, among[n % among.length]!.id);
    }
    for (const { id } of voices) this.byName.set(id.toLowerCase(), id);
    for (const [name, id] of Object.entries(aliases)) {
      const known = this.byName.get(id.toLowerCase());
      if (known === undefined)
        throw new VoirsError('INVALID_OPTIONS', 'An alias stands for no voice', {
          got: `${name}=${id}`.slice(0, 80),
          wanted: this.ids.join(', '),
        });
      this.byName.set(name.toLowerCase(), known);
    }
  }

  get ids(): string[] {
    return this.voices.map(({ id }) => id);
  }

  get defaultVoice(): string {
    return (this.voices.find(({ isDefault }) => isDefault) ?? this.voices[0]!).id;
  }

  /** The voice of a name. @throws RequestError 400. */
  find(name: string | undefined): string {
    if (name === undefined) return this.defaultVoice;
    const id = this.byName.get(name.trim().toLowerCase());
    if (id !== undefined) return id;
    const names = [...this.byName.keys()];
    throw new RequestError(
      400,
      `There is no voice ${JSON.stringify(name.slice(0, 80))}; there are ${names.join(', ')}${didYouMean(name, names)}`,
      { param: 'voice', code: 'voice_not_found' },
    );
  }

  list(): ListedVoice[] {
    return this.voices.map(({ id, name, language, gender, license }) => ({
      ...{ id, name, language, gender, license },
      aliases: [...this.byName]
        .filter(([other, to]) => to === id && other !== id.toLowerCase())
        .map(([one]) => one),
    }));
  }
}
