// Sentences -> audio, whole or chunk by chunk: what the two have in common is that their samples are the same.
import { AudioBuffer } from '../audio/audio-buffer.js';
import { type TimedMark, type TimedWord, type Timeline, timeMarks, timeWords } from '../audio/timeline.js';
import type { ProsodyOptions } from '../config.js';
import {
  gainFactor,
  inputForm,
  prosodyOptions,
  type SynthesisConfig,
  type SynthesisOptions,
} from '../config.js';
import type { Sentence, Utterance } from '../frontend/utterance.js';
import type { Log } from '../log.js';
import type { Arena } from '../memory/arena.js';
import { chunkPlan } from '../vocoder/hifigan-chunks.js';
import { speakerOf, ssmlVoices } from '../voices/catalog.js';
import type { SpokenRequest } from './cache.js';
import type { Loaded } from './engine.js';
import { MelLoudness } from './finish.js';
import type { MemoryPlan } from './memory-limit.js';
import type { OutputForm } from './output.js';
import { type AcousticSentence, type SpeakingContext, speakAcoustically, speakRange } from './sentence.js';

/** Frames of the first chunk of a stream: bench chunks. */
const FIRST_CHUNK = 16;

/** Everything a call renders with. */
export interface Rendering {
  arena: Arena;
  sampleRate: number;
  /** Samples of a frame. */
  hop: number;
  prosody: ProsodyOptions;
  /** Factor on all samples. */
  gain: number;
  /** Mel frames that the vocoder takes at once. */
  chunkFrames: number;
  onProgress: ((done: number) => void) | undefined;
  /** What speaks a sentence: its own voice, or the call's. */
  contextOf(sentence: Sentence): SpeakingContext;
}

/** Sentences -> one buffer. */
export async function renderWhole(
  sentences: readonly Sentence[],
  rendering: Rendering,
): Promise<AudioBuffer> {
  const { arena, hop, sampleRate, prosody, chunkFrames, onProgress } = rendering;
  // All mels first: only then is the length known, and the vocoder can write each sample where it stays.
  const spoken: AcousticSentence[] = [];
  for (const sentence of sentences) {
    spoken.push(await speakAcoustically(rendering.contextOf(sentence), sentence, prosody));
    onProgress?.((0.25 * spoken.length) / sentences.length);
  }
  const places = placesOf(spoken, rendering);
  const lease = arena.lease(places.end);
  try {
    const timeline: Timeline = { words: [], marks: [] };
    for (const [i, one] of spoken.entries()) {
      const at = places.starts[i]!;
      addTimes(timeline, timed(one, at, rendering));
      const plan = chunkPlan(one.frames, chunkFrames, chunkFrames);
      for (const { from, to } of plan) {
        await speakInto(rendering, one, { from, to }, lease.samples.subarray(at + from * hop, at + to * hop));
      }
      onProgress?.(0.25 + (0.75 * (i + 1)) / spoken.length);
    }
    return new AudioBuffer(lease, sampleRate, timeline);
  } catch (error) {
    lease.release();
    throw error;
  }
}

/**
 * Sentences -> chunks as the vocoder finishes them; joined, they are what `renderWhole` gives. Silence comes with the
 * sentence after it, so that a sentence is heard whole before the next one is known.
 * @param count of the sentences, where it is known: progress is told by it.
 */
export async function* renderChunks(
  sentences: Iterable<Sentence> | AsyncIterable<Sentence>,
  rendering: Rendering,
  count?: number,
): AsyncGenerator<AudioBuffer, void, undefined> {
  const { arena, hop, sampleRate, chunkFrames, onProgress } = rendering;
  let at = 0;
  let firstChunk = FIRST_CHUNK;
  let done = 0;
  let before: Sentence | undefined;
  for await (const sentence of sentences) {
    const spoken = await speakAcoustically(rendering.contextOf(sentence), sentence, rendering.prosody);
    let silence = pauseSamples(before?.pauseAfter, rendering) + pauseSamples(sentence.pauseBefore, rendering);
    const timeline = timed(spoken, at + silence, rendering);
    const plan = chunkPlan(spoken.frames, firstChunk, chunkFrames);
    firstChunk = chunkFrames; // only the very first chunk is urgent
    for (const [n, range] of plan.entries()) {
      const lease = arena.lease(silence + (range.to - range.from) * hop);
      try {
        await speakInto(rendering, spoken, range, lease.samples.subarray(silence));
      } catch (error) {
        lease.release();
        throw error;
      }
      const start = at / sampleRate;
      at += lease.samples.length;
      silence = 0;
      const end = n === plan.length - 1 ? Number.POSITIVE_INFINITY : at / sampleRate;
      yield new AudioBuffer(lease, sampleRate, during(timeline, start, end), 1, start);
      if (count !== undefined) onProgress?.((done + (n + 1) / plan.length) / count);
    }
    done += 1;
    before = sentence; // its pause is asked for later: whoever reads text in pieces learns late which is the last
  }
  const silence = pauseSamples(before?.pauseAfter, rendering);
  if (silence > 0) {
    yield new AudioBuffer(arena.lease(silence), sampleRate, { words: [], marks: [] }, 1, at / sampleRate);
  }
}

function pauseSamples(seconds: number | undefined, { sampleRate }: Rendering): number {
  return Math.round((seconds ?? 0) * sampleRate);
}

/** The sample at which each sentence begins, and where the last one's silence ends. */
function placesOf(spoken: AcousticSentence[], rendering: Rendering): { starts: number[]; end: number } {
  let end = 0;
  const starts = spoken.map(({ sentence, frames }) => {
    const start = end + pauseSamples(sentence.pauseBefore, rendering);
    end = start + frames * rendering.hop + pauseSamples(sentence.pauseAfter, rendering);
    return start;
  });
  return { starts, end };
}

/** Vocodes one range of a sentence into `out`. */
async function speakInto(
  { gain, contextOf }: Rendering,
  spoken: AcousticSentence,
  range: { from: number; to: number },
  out: Float32Array,
): Promise<void> {
  await speakRange(contextOf(spoken.sentence), spoken, range, out);
  if (gain !== 1) for (let i = 0; i < out.length; i++) out[i]! *= gain;
}

/** The times of a sentence that begins at sample `at`. */
function timed({ sentence, durations }: AcousticSentence, at: number, rendering: Rendering): Timeline {
  const { hop, sampleRate } = rendering;
  const [start, frameSeconds] = [at / sampleRate, hop / sampleRate];
  return {
    words: timeWords(sentence, durations, start, frameSeconds),
    marks: timeMarks(sentence, durations, start, frameSeconds),
  };
}

function addTimes(timeline: Timeline, more: Timeline): void {
  more.words.forEach((word) => {
    timeline.words.push(word); // forEach skips a word that has no tokens
  });
  for (const mark of more.marks) timeline.marks.push(mark);
}

/** What begins in [start, end). */
function during({ words, marks }: Timeline, start: number, end: number): Timeline {
  return {
    words: words.filter((word: TimedWord) => word.start >= start && word.start < end),
    marks: marks.filter((mark: TimedMark) => mark.time >= start && mark.time < end),
  };
}

// What the calls of a pipeline are made of: text read into sentences, and the voice, models and settings that each sentence
// is spoken with.

/** What a call shares with all others of its pipeline. */
export interface CallSurroundings extends Required<Pick<SpeakingContext, 'throwIfDisposed' | 'afterJob'>> {
  parts: Loaded;
  plan: MemoryPlan;
  arena: Arena;
  log: Log;
}

/** Makes the parts of each call; the only thing that changes between calls is the voice. */
export class Calls {
  /** Of the calls that name none. */
  voice: string;
  private readonly config: SynthesisConfig;
  /** Post-processing, where it is on. */
  private readonly loudness: MelLoudness | undefined;

  /** @throws VoirsError VOICE_NOT_FOUND. */
  constructor(
    private readonly surroundings: CallSurroundings,
    voice: string | undefined,
  ) {
    const { config, files } = surroundings.parts;
    const { mel, sampleRate } = files.manifest;
    this.config = config;
    this.loudness = config.enablePostprocessing ? new MelLoudness({ ...mel, sampleRate }) : undefined;
    this.voice = speakerOf(files.manifest, voice).id;
  }

  /** How text is read: with preprocessing or without. */
  get reading(): { preprocessing: 'full' | 'plain' } {
    return { preprocessing: this.config.enablePreprocessing ? 'full' : 'plain' };
  }

  /** The form that samples are given out in. */
  get output(): OutputForm {
    const { manifest } = this.surroundings.parts.files;
    return {
      voiceRate: manifest.sampleRate,
      sampleRate: this.config.sampleRate,
      isLimited: this.loudness !== undefined,
    };
  }

  /** Text or SSML -> utterance; what it warns of is logged. */
  analyse(text: string, form: Pick<SynthesisOptions, 'input' | 'voice'>): Utterance {
    const utterance = this.read(text, form);
    for (const warning of utterance.warnings) this.surroundings.log.info(warning);
    return utterance;
  }

  private read(text: string, { input, voice }: Pick<SynthesisOptions, 'input' | 'voice'>): Utterance {
    const { frontend, files } = this.surroundings.parts;
    if (inputForm({ input }) === 'text') return frontend.analyse(text, this.reading);
    const voices = ssmlVoices(files.manifest);
    return frontend.analyseSsml(text, { ...this.reading, voices, voice: voice ?? this.voice });
  }

  /** Everything that sentences are rendered with. @throws VoirsError INVALID_OPTIONS, VOICE_NOT_FOUND. */
  rendering(voice: string | undefined, options: SynthesisOptions): Rendering {
    const { parts, plan, arena } = this.surroundings;
    const context = this.context(voice, options.signal);
    return {
      arena,
      sampleRate: parts.files.manifest.sampleRate,
      hop: parts.models.vocoder.hop,
      prosody: prosodyOptions(options),
      chunkFrames: plan.chunkFrames,
      gain: gainFactor(options.volumeGain),
      onProgress: options.onProgress,
      contextOf: (sentence) => this.contextOf(sentence, context),
    };
  }

  /** What the cache knows a call by. */
  request(text: string, { prosody, gain }: Rendering, options: SynthesisOptions): SpokenRequest {
    const input = inputForm(options);
    return { text, input, voice: options.voice ?? this.voice, ...prosody, gain };
  }

  /** What a sentence without a voice of its own is spoken with. @throws VoirsError VOICE_NOT_FOUND. */
  context(voice: string | undefined, signal: AbortSignal | undefined): SpeakingContext {
    const { parts, throwIfDisposed, afterJob } = this.surroundings;
    return {
      backend: parts.hold.backend,
      models: parts.models,
      vocabulary: parts.vocabulary,
      speaker: speakerOf(parts.files.manifest, voice ?? this.voice),
      signal,
      loudness: this.loudness,
      throwIfDisposed,
      afterJob,
    };
  }

  /** The call's context, or the same with the sentence's own voice. @throws VoirsError VOICE_NOT_FOUND. */
  contextOf({ voice }: Sentence, context: SpeakingContext): SpeakingContext {
    if (voice === undefined || voice === context.speaker.id) return context;
    return { ...context, speaker: speakerOf(this.surroundings.parts.files.manifest, voice) };
  }
}
