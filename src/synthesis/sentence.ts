// One sentence through both models: encoder and prosody once, then mel and samples frame range by frame range, in steps
// on the backend's queue that can be interleaved with other calls and aborted.

import { integratedLoudness } from '../audio/loudness.js';
import type { RowRange } from '../backends/ops.js';
import { throwIfAborted } from '../errors.js';
import type { PreparedSentence, Sentence } from '../frontend/utterance.js';
import {
  type EncodedSentence,
  type TokenProsody,
  throwWithoutFrames,
  type VocoderInput,
} from '../models/model.js';
import type { Speaker } from '../voices/manifest.js';
import { type Call, speakerFor } from './call.js';
import type { Engine } from './engine.js';
import { GainCurve, type SentenceFinish } from './finish.js';
import { bendPitch } from './intonation.js';
import { adjustProsody, pitchMoves } from './prosody.js';
import {
  finishAt,
  finishOf,
  framesToMeasure,
  MEASURED_FRAMES,
  predictedFinish,
} from './sentence-loudness.js';
import { fitLengths } from './token-lengths.js';
import { chunksOf, vocodeWhatFits } from './vocode.js';

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
  /** Frames whose samples are made first and measured, for the loudness of all; 0: it is known otherwise. */
  readonly measuredFrames: number;
  /** Their raw samples. */
  raw: Float32Array | undefined;
}

function tokenIds({ vocabulary }: Engine, sentence: Sentence): Int32Array {
  return Int32Array.from(sentence.tokens, (token) => vocabulary.id(token.symbol));
}

/** The model's numbers as they are spoken: with intonation, the call's options and the tokens' edits. */
function spokenProsody(
  { manifest, frontend }: Engine,
  { intonation, prosody }: Call,
  { predicted }: EncodedSentence,
  sentence: Sentence,
  speaker: Speaker,
): TokenProsody {
  const { questionWords } = frontend.language;
  const bent = intonation === 'rule' ? bendPitch(predicted, sentence, speaker, questionWords) : predicted;
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
      const loudness = { ...{ encoded, prosody, sentence, speaker }, frames };
      const measuredFrames = framesToMeasure(engine, loudness);
      return {
        ...{ sentence, speaker, prosody, encoded, moves, hz, frames, decodedFrames: 0 },
        ...{ measuredFrames, raw: undefined },
        finish: measuredFrames > 0 ? undefined : await predictedFinish(engine, loudness),
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
    const readsMel = engine.loudness && !spoken.finish && spoken.measuredFrames === 0;
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
function pieceEnd({ models, plan }: Engine, from: number, spoken: SpokenSentence): number {
  const { frames, measuredFrames: measured } = spoken;
  if (!Number.isFinite(models.acoustic.contextFrames) || frames <= MEASURED_FRAMES) return frames;
  if (from > 0) return Math.min(frames, from + plan.decodedFrames);
  return measured === 0 ? FIRST_PIECE : models.vocoder.reads({ from: 0, to: measured }, frames).to;
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
    await decodeRange(engine, call, spoken, { from, to: pieceEnd(engine, from, spoken) });
  }
}

function decodeRange(engine: Engine, call: Call, spoken: SpokenSentence, range: RowRange): Promise<void> {
  const { models } = engine;
  const { acoustic } = models;
  return engine.job(call, async () => {
    const { encoded, prosody, moves, speaker, hz } = spoken;
    if (!encoded) return;
    const { mel, logF0 } = await acoustic.decode(encoded, prosody, range);
    // An exact pitch edit starts from the curve of the unedited pitches: one more decoder run, only when edited.
    const { predicted } = encoded;
    const isEdited = prosody.pitch.some((z, n) => z !== predicted.pitch[n]);
    const unedited = { ...prosody, pitch: predicted.pitch };
    const own =
      isEdited && models.vocoder.isDriven ? (await acoustic.decode(encoded, unedited, range)).logF0 : logF0;
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

/** Makes the raw samples of a sentence's first frames, or of a short one whole, and measures them. */
async function measureSentence(engine: Engine, call: Call, spoken: SpokenSentence): Promise<void> {
  const { frames, measuredFrames: measured } = spoken;
  const { vocoder } = engine.models;
  await decodeUntil(engine, call, spoken, vocoder.reads({ from: 0, to: measured }, frames).to);
  const raw = new Float32Array(measured * vocoder.hop);
  for (const { from, to, out } of fittingChunks(engine, measured, raw))
    await vocodeChunk(engine, call, spoken, { from, to }, out);
  spoken.finish = finishAt(engine, frames, integratedLoudness(raw, 1, engine.manifest.sampleRate));
  spoken.raw = raw;
}

/** Chunks of a sentence that fit the memory limit, each with its part of `samples`. */
const fittingChunks = ({ models, plan }: Engine, frames: number, samples: Float32Array) =>
  chunksOf(models.vocoder.hop, frames, plan.chunkFrames, samples);

/** A chunk of raw samples. */
function vocodeChunk(
  engine: Engine,
  call: Call,
  spoken: SpokenSentence,
  range: RowRange,
  out: Float32Array,
): Promise<void> {
  return vocodeWhatFits((work) => engine.job(call, work), engine.models.vocoder, spoken, range, out);
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
  if (spoken.measuredFrames > 0 && !spoken.finish) await measureSentence(engine, call, spoken);
  if (spoken.raw && range.to <= spoken.measuredFrames) {
    engine.throwIfDisposed(); // as every step on the queue does
    throwIfAborted(call.signal);
    out.set(spoken.raw.subarray(at, at + out.length));
    if (range.to === spoken.frames) spoken.raw = undefined;
  } else {
    await decodeUntil(engine, call, spoken, vocoder.reads(range, spoken.frames).to);
    await vocodeChunk(engine, call, spoken, range, out);
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
  for (const { from, to, out: part } of fittingChunks(engine, spoken.frames, out))
    await speakRange(engine, call, spoken, { from, to }, part);
}
