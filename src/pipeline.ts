// The public verbs of synthesis: text -> utterance -> mel -> samples, on whatever backend is plugged in underneath. Each
// checks its options once (synthesis/call.ts) and runs in the engine's one wrapper (synthesis/engine.ts).
import type { AudioBuffer } from './audio/audio-buffer.js';
import { type BackendInfo, backendInfo } from './backends/info.js';
import {
  type CreateOptions,
  checkCallOptions,
  type MelOptions,
  type PrepareOptions,
  type RenderOptions,
  type SynthesisConfig,
  type SynthesisOptions,
} from './config.js';
import { throwIfAborted } from './errors.js';
import type { PreparedSentence, PreparedUtterance, Sentence, Utterance } from './frontend/utterance.js';
import type { Arena } from './memory/arena.js';
import { endedWhenForgotten } from './memory/forgotten-stream.js';
import type { EventStreamOptions, Listener } from './memory/listeners.js';
import type { MemoryReport } from './memory/report.js';
import { keyOf } from './synthesis/cache.js';
import { type Call, checkedCall } from './synthesis/call.js';
import { Engine, type EngineParts, releaseParts } from './synthesis/engine.js';
import { melOfSentences } from './synthesis/mel-of-text.js';
import {
  type CallRecord,
  type MemoryEvent,
  type SynthesisMetrics,
  synthesisMetrics,
} from './synthesis/memory-events.js';
import { outputChunks, outputWhole } from './synthesis/output.js';
import { renderChunks, renderText, renderWhole } from './synthesis/render.js';
import { predictProsody } from './synthesis/sentence.js';
import type { SpokenMel } from './synthesis/spoken-mel.js';
import { speakerOf, type VoiceInfo, voiceInfos } from './voices/catalog.js';

/** Frees what pipelines held that were dropped without dispose(). The parts it is given do not refer to the pipeline. */
const dropped = new FinalizationRegistry<EngineParts>((parts) => {
  releaseParts(parts).catch(() => {}); // no caller is left to be told
});

/** A text-to-speech engine, loaded and reusable. */
export class VoirsPipeline implements AsyncDisposable {
  readonly config: SynthesisConfig;
  readonly arena: Arena;

  private constructor(private readonly engine: Engine) {
    this.config = engine.config;
    this.arena = engine.arena;
    dropped.register(this, engine.parts, this);
  }

  /**
   * The backend that runs the models now, why it was chosen when none was named, and why it has fewer threads than were
   * asked for, where it has.
   */
  get backend(): BackendInfo {
    return backendInfo(this.engine.parts.hold);
  }

  /**
   * Loads backend, voice and lexicon.
   * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR, INVALID_WEIGHTS, VOICE_NOT_FOUND, or MEMORY_ERROR when
   * `memoryLimitMb` is less than the voice needs, which the message states; ABORTED. Nothing stays loaded then.
   */
  static async create(options: CreateOptions = {}): Promise<VoirsPipeline> {
    return new VoirsPipeline(await Engine.load(options));
  }

  /**
   * Text -> audio with the times of every word and phone. The caller disposes the result, or declares it with `using`.
   * Results are kept for equal requests (`cacheSize`, `memoryLimitMb`); each of those gets a copy of its own.
   */
  async synthesize(text: string, options: SynthesisOptions = {}): Promise<AudioBuffer> {
    const { engine } = this;
    engine.throwIfDisposed();
    const call = checkedCall(engine, options);
    return engine.run('synthesize', call, (record) => speak(engine, call, text, record));
  }

  /** `synthesize`, and what it took. */
  async synthesizeWithMetrics(
    text: string,
    options: SynthesisOptions = {},
  ): Promise<{ audio: AudioBuffer; metrics: SynthesisMetrics }> {
    const started = performance.now();
    const audio = await this.synthesize(text, options);
    const seconds = (performance.now() - started) / 1000;
    return { audio, metrics: synthesisMetrics(seconds, audio.duration, this.engine.report()) };
  }

  /** SSML 1.1 -> audio: the subset in docs/ssml.md. @throws VoirsError INVALID_SSML with line and column. */
  async synthesizeSsml(ssml: string, options: Omit<SynthesisOptions, 'input'> = {}): Promise<AudioBuffer> {
    checkCallOptions(options, 'synthesizeSsml');
    return this.synthesize(ssml, { ...options, input: 'ssml' });
  }

  /**
   * Text -> audio chunk by chunk, as the vocoder finishes them: joined, they are what `synthesize` gives, to 5e-7. The first is
   * small, later ones larger; nothing is made before it is asked for, and nothing is kept for the next call. The consumer
   * disposes each chunk, which carries the words and marks that begin in it, timed from the start of the stream. Text that
   * arrives in pieces is spoken as its sentences become whole; spans then point into the pieces joined. What is wrong
   * with a text of more than 1,024 characters is thrown with the first chunk.
   */
  stream(
    text: string | AsyncIterable<string>,
    options: SynthesisOptions = {},
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    const { engine } = this;
    engine.throwIfDisposed();
    const call = checkedCall(engine, options, 'stream');
    if (typeof text === 'string' || !(Symbol.asyncIterator in Object(text))) {
      const read = engine.readSoon(text as string, call);
      return endedWhenForgotten(
        engine.runChunks('stream', outputChunks(engine, renderText(engine, call, read))),
      );
    }
    const sentences = engine.readPieces(text, call);
    return endedWhenForgotten(
      engine.runChunks('stream', outputChunks(engine, renderChunks(engine, call, sentences))),
    );
  }

  /** Text -> utterance with the model's duration, pitch and energy per token: read it, edit it, `render` it. */
  async prepare(text: string, options: PrepareOptions = {}): Promise<PreparedUtterance> {
    const { engine } = this;
    engine.throwIfDisposed();
    const call = checkedCall(engine, options, 'prepare');
    return engine.run('prepare', call, async () => {
      const utterance = await engine.read(text, call);
      const sentences: PreparedSentence[] = [];
      for (const sentence of utterance.sentences)
        sentences.push(await predictProsody(engine, call, sentence));
      return { ...utterance, voice: call.speaker.id, sentences };
    });
  }

  /**
   * Text, or an utterance with the caller's edits -> mel [T, bands], F0 [T] and the tokens' numbers [N], as the vocoder
   * gets them; pauses are frames of silence. The caller disposes the result, or declares it with `using`.
   * @param options of an utterance: `signal` alone.
   * @throws VoirsError as `prepare` or `render`.
   */
  async mel(text: string | Utterance, options: MelOptions = {}): Promise<SpokenMel> {
    const { engine } = this;
    engine.throwIfDisposed();
    if (typeof text !== 'object' || text === null) {
      const call = checkedCall(engine, options, 'mel');
      return engine.run('mel', call, async () =>
        melOfSentences(engine, call, (await engine.read(text, call)).sentences),
      );
    }
    checkCallOptions(options, 'mel of an utterance');
    const call = callOf(engine, text, options);
    return engine.run('mel', call, async () => {
      await engine.check(text, call);
      return melOfSentences(engine, call, text.sentences);
    });
  }

  /**
   * Utterance -> audio, with the caller's edits.
   * @throws VoirsError INVALID_TEXT, INVALID_OPTIONS or VOICE_NOT_FOUND when the utterance is not well-formed.
   */
  async render(utterance: Utterance, options: RenderOptions = {}): Promise<AudioBuffer> {
    const { engine } = this;
    engine.throwIfDisposed();
    checkCallOptions(options, 'render');
    const call = callOf(engine, utterance, options);
    return engine.run('render', call, async (record) => {
      await engine.check(utterance, call);
      return whole(engine, call, utterance.sentences, record);
    });
  }

  /** @throws VoirsError VOICE_NOT_FOUND. */
  setVoice(id: string): void {
    this.engine.throwIfDisposed();
    this.engine.voice = speakerOf(this.engine.manifest, id).id;
  }

  getVoice(): VoiceInfo {
    return this.listVoices().find((voice) => voice.id === this.engine.voice)!;
  }

  listVoices(): VoiceInfo[] {
    return voiceInfos(this.engine.manifest, this.config.quality);
  }

  /** Where memory is, layer by layer; a figure that cannot be measured is absent. */
  memoryReport(): MemoryReport {
    this.engine.throwIfDisposed();
    return this.engine.report();
  }

  /**
   * Tells of every call's end, growth of the heap, eviction and clean-up, each with a report. Without listeners nothing
   * is measured. What a listener throws is a warning of the process and harms no call.
   * @throws VoirsError DISPOSED.
   */
  on(event: 'memory', listener: Listener<MemoryEvent>): this {
    this.engine.events.listeners.on(event, listener);
    return this;
  }

  /** Stops telling this listener. */
  off(event: 'memory', listener: Listener<MemoryEvent>): this {
    this.engine.events.listeners.off(event, listener);
    return this;
  }

  /**
   * The same as a stream, from now on, until it is left, `signal` aborts or the pipeline is disposed.
   * @throws VoirsError DISPOSED, INVALID_OPTIONS.
   */
  memoryEvents(options: EventStreamOptions = {}): AsyncIterableIterator<MemoryEvent> {
    return this.engine.events.listeners.stream(options);
  }

  /**
   * Drops kept results and gives pooled memory back, at once; then, between two jobs, leaves a WebAssembly heap that has
   * outgrown its share of the limit for a fresh one. Calls under way go on; the pipeline stays usable.
   */
  async reset(): Promise<void> {
    this.engine.throwIfDisposed();
    await this.engine.reset();
  }

  /** Frees what no other pipeline uses. Audio that is still held stays valid until it is disposed. */
  async dispose(): Promise<void> {
    if (this.engine.isDisposed) return;
    dropped.unregister(this);
    await this.engine.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/** The call that speaks an utterance, which is checked within the call. @throws VoirsError INVALID_OPTIONS, VOICE_NOT_FOUND. */
function callOf(engine: Engine, utterance: Utterance, options: RenderOptions & MelOptions): Call {
  const { volumeGain, signal, onProgress } = options;
  return checkedCall(engine, {
    ...{ voice: utterance?.voice, volumeGain, signal, onProgress },
    intonation: 'model', // prepare has put it into the tokens
  });
}

/** A text as one buffer: a copy of what an equal call has given, or made. */
async function speak(engine: Engine, call: Call, text: string, record: CallRecord): Promise<AudioBuffer> {
  const key = typeof text === 'string' ? keyOf(text, call) : ''; // another value is refused below
  const kept = typeof text === 'string' ? engine.cache.take(key, engine.arena) : undefined;
  if (kept) {
    try {
      if (call.onWarning) await engine.read(text, call); // warnings are not kept
      call.onProgress?.(1);
      throwIfAborted(call.signal);
    } catch (error) {
      kept.dispose();
      throw error;
    }
    record.add(kept);
    record.kept();
    return kept;
  }
  const audio = await whole(engine, call, (await engine.read(text, call)).sentences, record);
  if (engine.isDisposed) return audio;
  const evicted = engine.cache.keep(key, audio);
  if (evicted.entries > 0) engine.events.tell({ kind: 'eviction', ...evicted });
  return audio;
}

/** Sentences as one buffer in the form that the caller asked for. */
async function whole(
  engine: Engine,
  call: Call,
  sentences: readonly Sentence[],
  record: CallRecord,
): Promise<AudioBuffer> {
  const audio = await outputWhole(engine, await renderWhole(engine, call, sentences), engine.turnsOf(call));
  record.add(audio);
  return audio;
}
