// Sentences -> mel, without a vocoder: the walk's first half, for callers who go on by themselves.
import { HIFIGAN_MEL, type MelForm } from '../audio/mel-form.js';
import type { Sentence } from '../frontend/utterance.js';
import type { VoiceManifest } from '../voices/manifest.js';
import type { Call } from './call.js';
import type { Engine } from './engine.js';
import { beginSentence, decodeUntil, releaseSentence } from './sentence.js';
import { joinedMel, type SpokenMel, type SpokenPart } from './spoken-mel.js';

/** How a voice's mels are made; undefined for frames that are no natural-log mel. */
export function voiceMelForm({
  mel,
  sampleRate,
}: Pick<VoiceManifest, 'mel' | 'sampleRate'>): MelForm | undefined {
  return mel.log === 'natural' ? { ...HIFIGAN_MEL, ...mel, sampleRate } : undefined;
}

/** The mel of sentences, with their pauses as frames of silence where the frames are mel. */
export async function melOfSentences(
  engine: Engine,
  call: Call,
  sentences: readonly Sentence[],
): Promise<SpokenMel> {
  const { manifest, models, arena } = engine;
  const form = voiceMelForm(manifest);
  const framesOf = (seconds = 0): number =>
    form ? Math.round((seconds * manifest.sampleRate) / manifest.mel.hopSize) : 0;
  const parts: SpokenPart[] = [];
  for (const sentence of sentences) {
    const spoken = await beginSentence(engine, call, sentence);
    try {
      await decodeUntil(engine, call, spoken, spoken.frames);
    } finally {
      releaseSentence(spoken);
    }
    parts.push({
      symbols: sentence.tokens.map(({ symbol }) => symbol),
      prosody: spoken.prosody,
      mel: spoken.mel,
      hz: models.acoustic.tellsF0 === false ? undefined : spoken.hz,
      before: framesOf(sentence.pauseBefore),
      after: framesOf(sentence.pauseAfter),
    });
  }
  return joinedMel(parts, { bands: models.acoustic.bands, form, arena });
}
