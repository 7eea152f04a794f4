// How loud a sentence is, so that all of it gets one gain before its first sample is given: measured where little has to
// be made for that, predicted from its tokens, or read from its mel.
import { framesOf } from '../acoustic/fastspeech2.js';
import type { Sentence } from '../frontend/utterance.js';
import type { EncodedSentence, TokenProsody } from '../models/model.js';
import type { Speaker } from '../voices/manifest.js';
import type { Engine } from './engine.js';
import { offsetAt, predictedLoudness, SentenceFinish } from './finish.js';
import { bendPitch } from './intonation.js';

/**
 * Sentences of up to so many frames (2.2 s) are decoded in one piece, whose context costs more than it saves in delay, and
 * are vocoded whole before a sample is given, so that their loudness is measured. A caller's edits of pitch move loudness
 * in ways that are hard to predict, so the limit is higher there (4.5 s).
 */
export const MEASURED_FRAMES = 192;
const MEASURED_SHIFTED = 384;
/** Of a sentence whose frames do not tell its loudness, so many are made first and stand for it (1.5 s). */
const MEASURED_OTHER = 128;

/** What is known of a sentence before it is decoded. */
interface KnownSentence {
  encoded: EncodedSentence;
  prosody: TokenProsody;
  sentence: Sentence;
  speaker: Speaker;
  frames: number;
}

/** Frames at the start of a sentence whose samples are measured; 0 where its loudness is known without them. */
export function framesToMeasure(engine: Engine, known: KnownSentence): number {
  const { loudness } = engine;
  if (!loudness) return 0;
  const { frames } = known;
  if (!loudness.estimate) return frames <= MEASURED_FRAMES ? frames : MEASURED_OTHER;
  return frames <= (isShifted(engine, known) ? MEASURED_SHIFTED : MEASURED_FRAMES) ? frames : 0;
}

/** What brings a sentence of the measured or predicted loudness to the stated one. */
export function finishAt(
  { manifest, models }: Engine,
  frames: number,
  lufs: number | undefined,
): SentenceFinish {
  return new SentenceFinish(lufs, manifest.sampleRate, frames * models.vocoder.hop);
}

/**
 * The same from the numbers of its tokens, where the voice has weights for that, which were fitted to unshifted speech:
 * the loudness of edited pitch is read from the mel.
 */
export async function predictedFinish(
  engine: Engine,
  known: KnownSentence,
): Promise<SentenceFinish | undefined> {
  const { encoded, prosody, speaker } = known;
  const weights = engine.manifest.loudness.get(speaker.id);
  if (!engine.loudness || !weights || isShifted(engine, known)) return undefined;
  const hidden = new Float32Array(encoded.hidden.size); // [N, C]
  await engine.backend.read(encoded.hidden, hidden);
  const { logDurations } = encoded.predicted;
  const lufs = predictedLoudness(weights, { ...prosody, hidden, logDurations }, engine.loudness.step);
  return finishAt(engine, framesOf(prosody.durations), lufs);
}

/** The same from its whole mel; undefined where its loudness is measured. */
export function finishOf(
  engine: Engine,
  spoken: {
    mel: Float32Array;
    moves: Float64Array;
    speaker: Speaker;
    frames: number;
    measuredFrames: number;
  },
): SentenceFinish | undefined {
  const { loudness, manifest, config } = engine;
  const { mel, moves, speaker, frames, measuredFrames } = spoken;
  if (!loudness?.estimate || measuredFrames > 0) return undefined;
  const estimate = loudness.estimate(mel);
  const { loudnessOffsets } = manifest.vocoders.get(manifest.quality[config.quality])!;
  const offset = offsetAt(loudnessOffsets.get(speaker.id) ?? [], meanShift(moves, speaker));
  return finishAt(engine, frames, estimate === undefined ? undefined : estimate + offset);
}

/** Whether pitch is neither the model's nor what the intonation rule makes of it: the numbers of `prepare` alone are. */
function isShifted({ frontend }: Engine, { prosody, encoded, sentence, speaker }: KnownSentence): boolean {
  const { predicted } = encoded;
  const differs = (usual: TokenProsody): boolean => prosody.pitch.some((z, n) => z !== usual.pitch[n]);
  return (
    differs(predicted) && differs(bendPitch(predicted, sentence, speaker, frontend.language.questionWords))
  );
}

/** Semitones by which the sentence's pitch was moved, on the mean of its frames. */
function meanShift(moves: Float64Array, speaker: Speaker): number {
  const mean = moves.reduce((sum, z) => sum + z, 0) / moves.length;
  return (mean * speaker.logF0.std * 12) / Math.LN2;
}
