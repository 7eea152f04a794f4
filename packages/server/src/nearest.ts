// A misspelt name is answered with the one that was probably meant, and so is a field as other servers call it.
import { nearestName } from 'voirs';

/** Fields of other servers (Piper's, Kokoro-FastAPI, ElevenLabs, Google), and those that mean the same here. */
const OTHERS: Readonly<Record<string, string>> = {
  text: 'input',
  prompt: 'input',
  ssml: 'input',
  text_format: 'input_type',
  format: 'response_format',
  output_format: 'response_format',
  audio_format: 'response_format',
  codec: 'response_format',
  voice_id: 'voice',
  voice_name: 'voice',
  speaker: 'voice',
  speaker_id: 'voice',
  rate: 'speed',
  speaking_rate: 'speed',
  length_scale: 'speed',
  sampling_rate: 'sample_rate',
  model_id: 'model',
  language: 'lang_code',
  lang: 'lang_code',
  subtitles: 'caption_format',
  subtitle_format: 'caption_format',
};

/** The one of `known` that a name means; undefined where none is near. */
export function meantName(name: string, known: readonly string[]): string | undefined {
  const other = Object.hasOwn(OTHERS, name) ? OTHERS[name]! : undefined;
  return other !== undefined && known.includes(other) ? other : nearestName(name, known);
}

/** ` Did you mean X?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const meant = meantName(name, known);
  return meant === undefined ? '' : `. Did you mean ${meant}?`;
}
