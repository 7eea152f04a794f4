// The walk: text -> utterance -> mel -> samples, on whatever backend is plugged in underneath. Everything public
// about synthesis is here; what each step does is in its own room.
import { AudioBuffer } from './audio/audio-buffer.js';
import { type TimedWord, timeWords } from './audio/timeline.js';
import { acquireBackend, type BackendHold } from './backends/registry.js';
import { SynthesisConfig, type SynthesisConfigInput } from './config.js';
import { VoirsError } from './errors.js';
import { Frontend } from './frontend/frontend.js';
import type { Sentence, Utterance } from './frontend/utterance.js';
import { Vocabulary } from './frontend/vocabulary.js';
import { Arena } from './memory/arena.js';
import {
  gainFactor,
  type PrepareOptions,
  prosodyOptions,
  type RenderOptions,
  type SynthesisOptions,
} from './options.js';
import type { ProsodyOptions } from './prosody.js';
import {
  type AcousticSentence,
  predictProsody,
  type SpeakingContext,
  speakAcoustically,
  speakRange,
} from './speaking.js';
import { checkUtterance } from './utterance-check.js';
import { chunkPlan } from './vocoder/vocode.js';
import {
  defaultVoiceFolder,
  loadPronouncer,
  speakerOf,
  type VoiceInfo,
  voiceInfos,
} from './voice-catalog.js';
import { acquireModels, type ModelsHold } from './voice-models.js';
import { loadVoiceFiles, type VoiceFiles } from './voices/files.js';

/** Options of a pipeline: its configuration, and where its parts come from. */
export interface PipelineOptions extends SynthesisConfigInput {
  config?: SynthesisConfig;
  /** Default: the voice set's own. */
  voice?: string;
  /** `auto` (default) or a registered backend's name. */
  backend?: string;
  /** Folder of a voice set; default: the shipped one. */
  weights?: string;
}

/** Frames of the first chunk of a stream, and of the largest: measured in bench/chunks. */
const FIRST_CHUNK = 16;
const LARGEST_CHUNK = 192;

/** Everything a loaded pipeline holds. */
interface Loaded {
  config: SynthesisConfig;
  files: VoiceFiles;
  frontend: Frontend;
  vocabulary: Vocabulary;
  hold: BackendHold;
  models: ModelsHold;
}

/** A text-to-speech engine, loaded and reusable. */
export class VoirsPipeline implements AsyncDisposable {
  readonly config: SynthesisConfig;
  /** The backend that runs the models, and why it was taken when nobody asked for one. */
  readonly backend: {
    name: string;
    threads: number;
    versions: Readonly<Record<string, string>>;
    choice?: string;
  };
  readonly arena: Arena;
  private readonly frontend: Frontend;
  private readonly vocabulary: Vocabulary;
  private voice: string;
  private isDisposed = false;

  private constructor(
    private readonly parts: Loaded,
    voice: string | undefined,
  ) {
    const { config, hold, files } = parts;
    const { name, threads, versions } = hold.backend;
    this.config = config;
    this.frontend = parts.frontend;
    this.vocabulary = parts.vocabulary;
    this.backend = { name, threads, versions, ...(hold.choice === undefined ? {} : { choice: hold.choice }) };
    this.arena = new Arena({ capBytes: config.memoryLimitMb * 2 ** 20 });
    this.voice = speakerOf(files.manifest, voice).id;
  }

  /**
   * Loads backend, voice and lexicon.
   * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR, INVALID_WEIGHTS or VOICE_NOT_FOUND; nothing stays loaded then.
   */
  static async create(options: PipelineOptions = {}): Promise<VoirsPipeline> {
    const { config: given, voice, backend = 'auto', weights = defaultVoiceFolder(), ...settings } = options;
    const config = given ? given.update(settings) : new SynthesisConfig(settings);
    const [files, hold] = await bothOrNeither(
      loadVoiceFiles(weights),
      acquireBackend(backend, { numThreads: config.numThreads }),
      (hold) => hold.release(),
    );
    try {
      const { manifest } = files;
      speakerOf(manifest, voice);
      if (config.sampleRate !== manifest.sampleRate) {
        throw new VoirsError('INVALID_OPTIONS', 'The voice cannot speak at this sample rate', {
          got: `${config.sampleRate} Hz`,
          wanted: `${manifest.sampleRate} Hz`,
          suggestion: 'Resample the result, or leave sampleRate at its default',
        });
      }
      const [pronouncer, models] = await bothOrNeither(
        loadPronouncer(files),
        acquireModels(hold.backend, files, config.quality),
        (models) => models.release(),
      );
      const frontend = new Frontend(pronouncer, manifest.acoustic.maxTrainedTokens);
      const vocabulary = new Vocabulary(manifest.tokens, manifest.tokenAliases);
      return new VoirsPipeline({ config, files, frontend, vocabulary, hold, models }, voice);
    } catch (error) {
      await hold.release();
      throw error;
    }
  }

  /** Text -> audio with the times of every word and phone. Dispose the result, or declare it with `using`. */
  async synthesize(text: string, options: SynthesisOptions = {}): Promise<AudioBuffer> {
    this.throwIfDisposed();
    const prosody = prosodyOptions(options);
    const gain = gainFactor(options.volumeGain);
    const context = this.context(options.voice, options.signal);
    return this.speakWhole(this.analyse(text), context, prosody, gain, options.onProgress);
  }

  /**
   * Text -> audio chunk by chunk, as the vocoder finishes them: joined, they are what `synthesize` gives. The first
   * is small, later ones larger; nothing is made before it is asked for. Each chunk is the consumer's to dispose and
   * carries the words that begin in it, timed from the start of the stream.
   */
  stream(text: string, options: SynthesisOptions = {}): AsyncGenerator<AudioBuffer, void, undefined> {
    this.throwIfDisposed();
    const prosody = prosodyOptions(options);
    const gain = gainFactor(options.volumeGain);
    const context = this.context(options.voice, options.signal);
    return this.streamChunks(this.analyse(text), context, prosody, gain, options.onProgress);
  }

  private async *streamChunks(
    { sentences }: Utterance,
    context: SpeakingContext,
    prosody: ProsodyOptions,
    gain: number,
    onProgress: ((done: number) => void) | undefined,
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    let time = 0;
    let first = FIRST_CHUNK;
    for (const [i, sentence] of sentences.entries()) {
      const spoken = await speakAcoustically(context, sentence, prosody);
      const words = this.timed(spoken, time);
      const plan = chunkPlan(spoken.frames, first, LARGEST_CHUNK);
      first = LARGEST_CHUNK; // only the very first chunk is urgent
      for (const [n, range] of plan.entries()) {
        const isLast = n === plan.length - 1;
        const pause = isLast ? this.pauseSamples(sentence) : 0;
        const lease = this.arena.lease((range.to - range.from) * this.hop + pause);
        try {
          await this.speakInto(context, spoken, [range], lease.samples, gain);
        } catch (error) {
          lease.release();
          throw error;
        }
        const end = time + lease.samples.length / this.sampleRate;
        const begun = words.filter((word) => word.start >= time && (isLast || word.start < end));
        yield new AudioBuffer(lease, this.sampleRate, { words: begun }, 1, time);
        time = end;
        onProgress?.((i + (n + 1) / plan.length) / sentences.length);
      }
    }
  }

  /** Text -> utterance with the model's duration, pitch and energy per token: read it, edit it, `render` it. */
  async prepare(text: string, options: PrepareOptions = {}): Promise<Utterance> {
    this.throwIfDisposed();
    const prosody = prosodyOptions(options);
    const context = this.context(options.voice, options.signal);
    const utterance = this.analyse(text);
    const sentences: Sentence[] = [];
    for (const sentence of utterance.sentences)
      sentences.push(await predictProsody(context, sentence, prosody));
    return { ...utterance, voice: context.speaker.id, sentences };
  }

  /**
   * Utterance -> audio, with whatever was edited in it.
   * @throws VoirsError INVALID_TEXT or INVALID_OPTIONS when the utterance is not well-formed.
   */
  async render(utterance: Utterance, options: RenderOptions = {}): Promise<AudioBuffer> {
    this.throwIfDisposed();
    checkUtterance(utterance);
    const gain = gainFactor(options.volumeGain);
    const context = this.context(utterance.voice, options.signal);
    return this.speakWhole(utterance, context, prosodyOptions({}), gain, options.onProgress);
  }

  /** @throws VoirsError VOICE_NOT_FOUND. */
  setVoice(id: string): void {
    this.throwIfDisposed();
    this.voice = speakerOf(this.parts.files.manifest, id).id;
  }

  getVoice(): VoiceInfo {
    return this.listVoices().find((voice) => voice.id === this.voice)!;
  }

  listVoices(): VoiceInfo[] {
    return voiceInfos(this.parts.files.manifest, this.config.quality);
  }

  /** Gives pooled memory back; the pipeline stays usable. */
  reset(): void {
    this.throwIfDisposed();
    this.arena.releaseFreeSlabs();
  }

  /** Frees what no other pipeline uses. Audio that is still held stays valid until it is disposed. */
  async dispose(): Promise<void> {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.arena.releaseFreeSlabs();
    await this.parts.models.release();
    await this.parts.hold.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async speakWhole(
    utterance: Utterance,
    context: SpeakingContext,
    prosody: ProsodyOptions,
    gain: number,
    onProgress: ((done: number) => void) | undefined,
  ): Promise<AudioBuffer> {
    // All mels first: only then is the length known, and the vocoder can write each sample where it stays.
    const spoken: AcousticSentence[] = [];
    for (const sentence of utterance.sentences) {
      spoken.push(await speakAcoustically(context, sentence, prosody));
      onProgress?.((0.25 * spoken.length) / utterance.sentences.length);
    }
    const lengths = spoken.map((one) => one.frames * this.hop + this.pauseSamples(one.sentence));
    const lease = this.arena.lease(lengths.reduce((sum, length) => sum + length, 0));
    try {
      const words: TimedWord[] = [];
      let at = 0;
      for (const [i, one] of spoken.entries()) {
        words.push(...this.timed(one, at / this.sampleRate));
        const plan = chunkPlan(one.frames, LARGEST_CHUNK, LARGEST_CHUNK);
        await this.speakInto(
          context,
          one,
          plan,
          lease.samples.subarray(at, at + one.frames * this.hop),
          gain,
        );
        at += lengths[i]!;
        onProgress?.(0.25 + (0.75 * (i + 1)) / spoken.length);
      }
      return new AudioBuffer(lease, this.sampleRate, { words });
    } catch (error) {
      lease.release();
      throw error;
    }
  }

  /** Vocodes neighbouring ranges of a sentence into `out`, which begins where the first range does. */
  private async speakInto(
    context: SpeakingContext,
    spoken: AcousticSentence,
    ranges: { from: number; to: number }[],
    out: Float32Array,
    gain: number,
  ): Promise<void> {
    const start = ranges[0]!.from;
    for (const range of ranges) {
      const part = out.subarray((range.from - start) * this.hop, (range.to - start) * this.hop);
      await speakRange(context, spoken, range, part);
      if (gain !== 1) for (let i = 0; i < part.length; i++) part[i]! *= gain;
    }
  }

  private analyse(text: string): Utterance {
    return this.frontend.analyse(text, { preprocessing: this.config.enablePreprocessing ? 'full' : 'plain' });
  }

  private timed(spoken: AcousticSentence, start: number): TimedWord[] {
    return timeWords(spoken.sentence, spoken.durations, start, this.hop / this.sampleRate);
  }

  private pauseSamples(sentence: Sentence): number {
    return Math.round(sentence.pauseAfter * this.sampleRate);
  }

  private get hop(): number {
    return this.parts.models.vocoder.hop;
  }

  private get sampleRate(): number {
    return this.parts.files.manifest.sampleRate;
  }

  private context(voice: string | undefined, signal: AbortSignal | undefined): SpeakingContext {
    const speaker = speakerOf(this.parts.files.manifest, voice ?? this.voice);
    return {
      backend: this.parts.hold.backend,
      models: this.parts.models,
      vocabulary: this.vocabulary,
      speaker,
      signal,
      throwIfDisposed: () => this.throwIfDisposed(),
    };
  }

  private throwIfDisposed(): void {
    if (!this.isDisposed) return;
    throw new VoirsError('DISPOSED', 'The pipeline was used after dispose()', {
      suggestion: 'Create a new one',
    });
  }
}

/** Waits for both; when one fails, what the other brought is given back. */
async function bothOrNeither<A, B>(
  first: Promise<A>,
  second: Promise<B>,
  undo: (b: B) => Promise<void>,
): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'fulfilled' && b.status === 'fulfilled') return [a.value, b.value];
  if (b.status === 'fulfilled') await undo(b.value);
  throw a.status === 'rejected' ? a.reason : (b as PromiseRejectedResult).reason;
}
