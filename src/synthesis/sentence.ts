// One sentence through both models: encoder and prosody once, then mel and samples frame range by frame range, in steps
// on the backend's queue that can be interleaved with other calls and aborted.

import { framesOf } from '../acoustic/fastspeech2.js';
import { integratedLoudness } from '../audio/loudness.js';
import type { RowRange } from '../backends/ops.js';
import { throwIfAborted, VoirsError } from '../errors.js';
import type { PreparedSentence, Sentence } from '../frontend/utterance.js';
import { chunkPlan } from '../models/chunk-plan.js';
import {
  type EncodedSentence,
  type TokenProsody,
  throwWithoutFrames,
  type VocoderInput,
} from '../models/model.js';
import type { Speaker } from '../voices/manifest.js';
import { type Call, speakerFor } from './call.js';
import type { Engine } from './engine.js';
import { GainCurve, offsetAt, predictedLoudness, SentenceFinish } from './finish.js';
import { bendPitch } from './intonation.js';
import { adjustProsody, pitchMoves } from './prosody.js';
import { fitLengths } from './token-lengths.js';

/**
 * Sentences of up to so many frames (2.2 s) are decoded in one piece, whose context costs more than it saves in delay, and
 * are vocoded whole before a sample is given, so that their loudness is measured. A caller's edits of pitch move loudness
 * in ways that are hard to predict, so the limit is higher there (4.5 s).
 */
export const MEASURED_FRAMES = 192;
const MEASURED_SHIFTED = 384;

/** A sentence on its way: encoded, with its prosody known, and decoded as far as it was asked for. */
export interface SpokenSentence extends VocoderInput {
  readonly sentence: Sentence;
  readonly speaker: Speaker;
  readonly prosody: TokenProsody;
  /** What the tokens' gains do to its samples. */
  readonly gain: GainCurve;
  /** [T] F0, filled as far as `decodedFrames`. */
  readonly hz: Float64Array;
  /** [T] what the edits of pitch add to the z-scores of log F0. */
  readonly moves: Float64Array;
  decodedFrames: number;
  /** Until all is decoded. */
  encoded: EncodedSentence | undefined;
  /** Post-processing; undefined: raw samples, or not decoded far enough to know. */
  finish: SentenceFinish | undefined;
  /** Whether its loudness is measured, once it is vocoded whole. */
  readonly isMeasured: boolean;
  /** Raw samples of such a sentence. */
  raw: Float32Array | undefined;
}

function tokenIds({ vocabulary }: Engine, sentence: Sentence): Int32Array {
  return Int32Array.from(sentence.tokens, (token) => vocabulary.id(token.symbol));
}

/** The model's numbers as they are spoken: with intonation, the call's options and the tokens' edits. */
function spokenProsody(
  { manifest }: Engine,
  { intonation, prosody }: Call,
  { predicted }: EncodedSentence,
  sentence: Sentence,
  speaker: Speaker,
): TokenProsody {
  const bent = intonation === 'rule' ? bendPitch(predicted, sentence, speaker) : predicted;
  const adjusted = adjustProsody(bent, sentence, speaker, prosody);
  const framesPerSecond = manifest.sampleRate / manifest.mel.hopSize / prosody.speakingRate;
  fitLengths(adjusted.durations, sentence.lengths ?? [], framesPerSecond);
  return adjusted;
}

/** Sentence -> the model's numbers with the call's options and the tokens' edits in them: what `prepare` returns. */
export function predictProsody(engine: Engine, call: Call, sentence: Sentence): Promise<PreparedSentence> {
  const speaker = speakerFor(engine, call, sentence);
  return engine.job(call, async () => {
    const encoded = await engine.models.acoustic.encode(tokenIds(engine, sentence), speaker.index);
    encoded.dispose();
    const { durations, pitch, glide, energy } = spokenProsody(engine, call, encoded, sentence, speaker);
    const tokens = sentence.tokens.map(({ rate: _, pitchShift: __, pitchRange: ___, ...token }, n) => ({
      ...token,
      duration: durations[n]!,
      pitch: pitch[n]!,
      ...(glide?.[n] ? { glide: glide[n]! } : {}),
      energy: energy[n]!,
    }));
    const { lengths: _, ...rest } = sentence; // they are in the durations now
    return { ...rest, tokens };
  });
}

/** Sentence -> a sentence whose length is known. The caller releases it. */
export async function beginSentence(engine: Engine, call: Call, sentence: Sentence): Promise<SpokenSentence> {
  const { acoustic, vocoder } = engine.models;
  const speaker = speakerFor(engine, call, sentence);
  const spoken = await engine.job(call, async () => {
    const encoded = await acoustic.encode(tokenIds(engine, sentence), speaker.index);
    try {
      const prosody = spokenProsody(engine, call, encoded, sentence, speaker);
      const moves = pitchMoves(encoded.predicted.pitch, prosody);
      const frames = moves.length;
      throwWithoutFrames(frames);
      const hz = new Float64Array(frames);
      const shifted = isShifted(prosody, encoded, sentence, speaker);
      const isMeasured =
        engine.loudness !== undefined && frames <= (shifted ? MEASURED_SHIFTED : MEASURED_FRAMES);
      // The weights of the prediction were fitted to unshifted speech; the loudness of edited pitch is read from the mel.
      const isPredicted = engine.loudness !== undefined && !isMeasured && !shifted;
      return {
        ...{ sentence, speaker, prosody, encoded, moves, hz, frames, decodedFrames: 0 },
        ...{ isMeasured, raw: undefined },
        finish: isPredicted ? await predictedFinish(engine, encoded, prosody, speaker) : undefined,
        gain: new GainCurve(sentence.tokens, prosody.durations, vocoder.hop),
        mel: new Float32Array(frames * acoustic.bands), // [T, bands]
        source: vocoder.isDriven ? vocoder.source(hz) : undefined,
      };
    } catch (error) {
      encoded.dispose();
      throw error;
    }
  });
  try {
    // A stream's first chunk gets the gain of the whole sentence: without a prediction it is read from the whole mel.
    const readsMel = engine.loudness && !spoken.finish && !spoken.isMeasured;
    if (readsMel) await decodeUntil(engine, call, spoken, spoken.frames);
    return spoken;
  } catch (error) {
    releaseSentence(spoken);
    throw error;
  }
}

/** Frees what a sentence holds on the backend. */
export function releaseSentence(spoken: SpokenSentence): void {
  spoken.encoded?.dispose();
  spoken.encoded = undefined;
}

/** Frames of a stream's first piece of mel: those that its first chunk of samples reads. */
const FIRST_PIECE = 32;

/** The end of the piece of mel that begins at `from`: the same in a stream as in a whole, so that both are equal. */
function pieceEnd({ models, plan }: Engine, from: number, frames: number): number {
  if (!Number.isFinite(models.acoustic.contextFrames) || frames <= MEASURED_FRAMES) return frames;
  return from === 0 ? FIRST_PIECE : Math.min(frames, from + plan.decodedFrames);
}

/** Makes mel and F0 of the frames before `to`, piece by piece. */
export async function decodeUntil(
  engine: Engine,
  call: Call,
  spoken: SpokenSentence,
  to: number,
): Promise<void> {
  while (spoken.decodedFrames < to) {
    const from = spoken.decodedFrames;
    await decodeRange(engine, call, spoken, { from, to: pieceEnd(engine, from, spoken.frames) });
  }
}

function decodeRange(engine: Engine, call: Call, spoken: SpokenSentence, range: RowRange): Promise<void> {
  const { acoustic } = engine.models;
  return engine.job(call, async () => {
    const { encoded, prosody, moves, speaker, hz } = spoken;
    if (!encoded) return;
    const { mel, logF0 } = await acoustic.decode(encoded, prosody, range);
    // An exact pitch edit starts from the curve of the unedited pitches: one more decoder run, only when edited.
    const { predicted } = encoded;
    const isEdited = prosody.pitch.some((z, n) => z !== predicted.pitch[n]);
    const unedited = { ...prosody, pitch: predicted.pitch };
    const own = isEdited ? (await acoustic.decode(encoded, unedited, range)).logF0 : logF0;
    const { mean, std } = speaker.logF0;
    for (let t = range.from; t < range.to; t++)
      hz[t] = Math.exp(mean + std * (own[t - range.from]! + moves[t]!));
    spoken.mel.set(mel, range.from * acoustic.bands);
    spoken.decodedFrames = range.to;
    if (range.to < spoken.frames) return;
    releaseSentence(spoken);
    spoken.finish ??= finishOf(engine, spoken);
  });
}

/** What brings a sentence of the measured or predicted loudness to the stated one. */
function finishAt({ manifest, models }: Engine, frames: number, lufs: number | undefined): SentenceFinish {
  return new SentenceFinish(lufs, manifest.sampleRate, frames * models.vocoder.hop);
}

/** The same from the numbers of its tokens, where the voice has weights for that. */
async function predictedFinish(
  engine: Engine,
  encoded: EncodedSentence,
  prosody: TokenProsody,
  speaker: Speaker,
): Promise<SentenceFinish | undefined> {
  const weights = engine.manifest.loudness.get(speaker.id);
  if (!engine.loudness || !weights) return undefined;
  const hidden = new Float32Array(encoded.hidden.size); // [N, C]
  await engine.backend.read(encoded.hidden, hidden);
  const { logDurations } = encoded.predicted;
  const lufs = predictedLoudness(weights, { ...prosody, hidden, logDurations }, engine.loudness.step);
  return finishAt(engine, framesOf(prosody.durations), lufs);
}

/** The same from its whole mel. */
function finishOf(engine: Engine, spoken: SpokenSentence): SentenceFinish | undefined {
  const { loudness, manifest, config } = engine;
  if (!loudness || spoken.isMeasured) return undefined;
  const estimate = loudness.estimate(spoken.mel);
  const { loudnessOffsets } = manifest.vocoders.get(manifest.quality[config.quality])!;
  const semitones = meanShift(spoken);
  const offset = offsetAt(loudnessOffsets.get(spoken.speaker.id) ?? [], semitones);
  return finishAt(engine, spoken.frames, estimate === undefined ? undefined : estimate + offset);
}

/** Whether pitch is neither the model's nor what the intonation rule makes of it: the numbers of `prepare` alone are. */
function isShifted(
  { pitch }: TokenProsody,
  { predicted }: EncodedSentence,
  sentence: Sentence,
  speaker: Speaker,
): boolean {
  const differs = (usual: TokenProsody): boolean => pitch.some((z, n) => z !== usual.pitch[n]);
  return differs(predicted) && differs(bendPitch(predicted, sentence, speaker));
}

/** Semitones by which the sentence's pitch was moved, on the mean of its frames. */
function meanShift({ moves, speaker }: SpokenSentence): number {
  const mean = moves.reduce((sum, z) => sum + z, 0) / moves.length;
  return (mean * speaker.logF0.std * 12) / Math.LN2;
}

/** Makes the raw samples of a short sentence and measures them: too little of it for a prediction to average out. */
async function measureSentence(engine: Engine, call: Call, spoken: SpokenSentence): Promise<void> {
  const { frames } = spoken;
  await decodeUntil(engine, call, spoken, frames);
  const raw = new Float32Array(frames * engine.models.vocoder.hop);
  for (const { from, to, out } of chunksOf(engine, frames, raw))
    await vocodeWhatFits(engine, call, spoken, { from, to }, out);
  spoken.finish = finishAt(engine, frames, integratedLoudness(raw, 1, engine.manifest.sampleRate));
  spoken.raw = raw;
}

/** Chunks of a sentence that fit the memory limit, each with its part of `samples`. */
function chunksOf({ models, plan }: Engine, frames: number, samples: Float32Array) {
  const { hop } = models.vocoder;
  return chunkPlan(frames, plan.chunkFrames, plan.chunkFrames).map(({ from, to }) => ({
    ...{ from, to },
    out: samples.subarray(from * hop, to * hop),
  }));
}

/** Fewest frames that are tried in two halves when they do not fit. */
const LEAST_DIVIDED = 16;

/** The chunks are planned to fit the limit; what the system refuses nevertheless is tried again in halves. */
async function vocodeWhatFits(
  engine: Engine,
  call: Call,
  spoken: SpokenSentence,
  { from, to }: RowRange,
  out: Float32Array,
): Promise<void> {
  const { vocoder } = engine.models;
  try {
    await engine.job(call, () => vocoder.vocode(spoken, { from, to }, out));
  } catch (error) {
    const isTooLarge = error instanceof VoirsError && error.code === 'MEMORY_ERROR';
    if (!isTooLarge || to - from < LEAST_DIVIDED) throw error;
    const middle = (from + to) >> 1;
    const samples = (middle - from) * vocoder.hop;
    await vocodeWhatFits(engine, call, spoken, { from, to: middle }, out.subarray(0, samples));
    await vocodeWhatFits(engine, call, spoken, { from: middle, to }, out.subarray(samples));
  }
}

/** Frames [from, to) of a sentence into `out` [(to - from) hop]. Ranges must come in order. */
export async function speakRange(
  engine: Engine,
  call: Call,
  spoken: SpokenSentence,
  range: RowRange,
  out: Float32Array,
): Promise<void> {
  const { vocoder } = engine.models;
  const at = range.from * vocoder.hop;
  if (spoken.isMeasured && !spoken.finish) await measureSentence(engine, call, spoken);
  if (spoken.raw) {
    engine.throwIfDisposed(); // as every step on the queue does
    throwIfAborted(call.signal);
    out.set(spoken.raw.subarray(at, at + out.length));
    if (range.to === spoken.frames) spoken.raw = undefined;
  } else {
    await decodeUntil(engine, call, spoken, vocoder.reads(range, spoken.frames).to);
    await vocodeWhatFits(engine, call, spoken, range, out);
  }
  spoken.finish?.apply(out, at); // before the gains: loudness is of the sentence as spoken
  spoken.gain.apply(out, at);
  if (call.gain !== 1) for (let i = 0; i < out.length; i++) out[i]! *= call.gain;
}

/** All frames of a sentence into `out` [T hop], in chunks that fit the memory limit. */
export async function speakWhole(
  engine: Engine,
  call: Call,
  spoken: SpokenSentence,
  out: Float32Array,
): Promise<void> {
  for (const { from, to, out: part } of chunksOf(engine, spoken.frames, out))
    await speakRange(engine, call, spoken, { from, to }, part);
}
