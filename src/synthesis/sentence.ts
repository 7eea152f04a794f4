// One sentence through acoustic model and vocoder, in steps that the pipeline can interleave with other work: each
// step is one job on the backend's queue, and between two of them a caller may abort.

import type { Backend } from '../backends/backend.js';
import type { ProsodyOptions } from '../config.js';
import { throwIfAborted, VoirsError } from '../errors.js';
import type { Vocabulary } from '../frontend/phonemes.js';
import type { Sentence } from '../frontend/utterance.js';
import { type FrameRange, type VocoderInput, vocodeRange } from '../vocoder/hifigan-chunks.js';
import { Excitation } from '../vocoder/hifigan-source.js';
import type { Speaker } from '../voices/manifest.js';
import type { MelLoudness } from './finish.js';
import { GainCurve, SentenceFinish } from './finish.js';
import { adjustProsody, framesHz } from './prosody.js';
import type { VoiceModels } from './shared-models.js';

/** Everything a sentence is spoken with. */
export interface SpeakingContext {
  backend: Backend;
  models: VoiceModels;
  vocabulary: Vocabulary;
  speaker: Speaker;
  signal: AbortSignal | undefined;
  /** Post-processing: what reads a sentence's loudness from its mel. Absent: raw samples. */
  loudness?: MelLoudness | undefined;
  /** The pipeline may be disposed between two jobs of a call. @throws VoirsError DISPOSED. */
  throwIfDisposed?(): void;
  /** Called after each job. */
  afterJob?(): void;
}

/** A sentence after the acoustic model, ready for the vocoder. */
export interface AcousticSentence extends VocoderInput {
  sentence: Sentence;
  /** Frames per token. */
  durations: Int32Array;
  /** What the tokens' gains do to its samples. */
  gain: GainCurve;
  /** Post-processing; absent: raw samples. */
  finish: SentenceFinish | undefined;
}

/** Runs a job on the backend's queue unless the call has been aborted by the time its turn comes. */
function job<T>(
  { backend, signal, throwIfDisposed, afterJob }: SpeakingContext,
  work: () => Promise<T>,
): Promise<T> {
  return backend.queue.run(async () => {
    throwIfDisposed?.();
    throwIfAborted(signal);
    const result = await work();
    afterJob?.();
    return result;
  });
}

function tokenIds(sentence: Sentence, vocabulary: Vocabulary): Int32Array {
  return Int32Array.from(sentence.tokens, (token) => vocabulary.id(token.symbol));
}

/** Fills in the model's numbers, with the tokens' rates and pitch shifts in them: what `prepare` returns. */
export function predictProsody(
  context: SpeakingContext,
  sentence: Sentence,
  options: ProsodyOptions,
): Promise<Sentence> {
  return job(context, async () => {
    const encoded = await context.models.acoustic.encode(
      tokenIds(sentence, context.vocabulary),
      context.speaker.index,
    );
    try {
      const { durations, pitch, energy } = adjustProsody(
        encoded.predicted,
        sentence,
        context.speaker,
        options,
      );
      const tokens = sentence.tokens.map(({ rate: _, pitchShift: __, ...token }, n) => ({
        ...token,
        duration: durations[n]!,
        pitch: pitch[n]!,
        energy: energy[n]!,
      }));
      return { ...sentence, tokens };
    } finally {
      encoded.dispose();
    }
  });
}

/** Sentence -> mel and excitation. */
export function speakAcoustically(
  context: SpeakingContext,
  sentence: Sentence,
  options: ProsodyOptions,
): Promise<AcousticSentence> {
  return job(context, async () => {
    const { acoustic, vocoder } = context.models;
    const encoded = await acoustic.encode(tokenIds(sentence, context.vocabulary), context.speaker.index);
    try {
      const { predicted } = encoded;
      const prosody = adjustProsody(predicted, sentence, context.speaker, options);
      const decoded = await acoustic.decode(encoded, prosody);
      const { mel, frames } = decoded;
      const { durations } = prosody;
      const gain = new GainCurve(sentence.tokens, durations, vocoder.hop);
      const finish = finishOf(context, mel, frames);
      const spoken = { sentence, durations, gain, finish, mel, frames };
      if (!vocoder.config.source) return { ...spoken, excitation: undefined };
      // An exact pitch edit starts from the curve of the unedited pitches: one more decoder run, only when edited.
      const isEdited = prosody.pitch.some((z, n) => z !== predicted.pitch[n]);
      const { logF0 } = isEdited
        ? await acoustic.decode(encoded, { ...prosody, pitch: predicted.pitch })
        : decoded;
      const hz = framesHz(logF0, predicted.pitch, prosody.pitch, durations, context.speaker);
      const form = { sampleRate: vocoder.config.sampleRate ?? 22050, hop: vocoder.hop };
      return { ...spoken, excitation: new Excitation(hz, form) };
    } finally {
      encoded.dispose();
    }
  });
}

function finishOf(
  { loudness, speaker, models: { vocoder } }: SpeakingContext,
  mel: Float32Array,
  frames: number,
): SentenceFinish | undefined {
  if (!loudness) return undefined;
  const estimate = loudness.estimate(mel);
  const offset = vocoder.config.loudnessOffsets?.[speaker.id] ?? 0;
  const lufs = estimate === undefined ? undefined : estimate + offset;
  return new SentenceFinish(lufs, vocoder.config.sampleRate ?? 22050, frames * vocoder.hop);
}

/** Fewest frames that are tried in two halves when they do not fit. */
const LEAST_DIVIDED = 16;

/** The chunks are planned to fit the limit; what the system refuses nevertheless is tried again in halves. */
async function vocodeWhatFits(
  context: SpeakingContext,
  spoken: AcousticSentence,
  range: FrameRange,
  out: Float32Array,
): Promise<void> {
  const { vocoder } = context.models;
  const { from, to } = range;
  try {
    await job(context, () => vocodeRange(vocoder, spoken, range, out));
  } catch (error) {
    const isTooLarge = error instanceof VoirsError && error.code === 'MEMORY_ERROR';
    if (!isTooLarge || to - from < LEAST_DIVIDED) throw error;
    const middle = (from + to) >> 1;
    const samples = (middle - from) * vocoder.hop;
    await vocodeWhatFits(context, spoken, { from, to: middle }, out.subarray(0, samples));
    await vocodeWhatFits(context, spoken, { from: middle, to }, out.subarray(samples));
  }
}

/** Frames [from, to) of a sentence into `out`. */
export async function speakRange(
  context: SpeakingContext,
  spoken: AcousticSentence,
  range: FrameRange,
  out: Float32Array,
): Promise<void> {
  const { hop } = context.models.vocoder;
  await vocodeWhatFits(context, spoken, range, out);
  spoken.finish?.apply(out, range.from * hop); // before the gains: loudness is of the sentence as spoken
  spoken.gain.apply(out, range.from * hop);
}
