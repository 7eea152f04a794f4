// The walk: text -> utterance -> mel -> samples, on whatever backend is plugged in underneath. Everything public
// about synthesis is here; what each step does is in its own room.
import type { AudioBuffer } from './audio/audio-buffer.js';
import type { PipelineOptions, SynthesisConfig } from './config.js';
import {
  inputForm,
  type PrepareOptions,
  prosodyOptions,
  type RenderOptions,
  type SynthesisOptions,
} from './config.js';
import { throwIfAborted, VoirsError } from './errors.js';
import { sentencesOf } from './frontend/text-stream.js';
import type { Sentence, Utterance } from './frontend/utterance.js';
import { checkUtterance } from './frontend/utterance-check.js';
import { Log } from './log.js';
import { Arena } from './memory/arena.js';
import { type MemoryReport, memoryReport } from './memory/report.js';
import { SynthesisCache } from './synthesis/cache.js';
import { type Loaded, load } from './synthesis/engine.js';
import {
  type CallNote,
  MemoryWatch,
  ObservableMemory,
  type SynthesisMetrics,
  synthesisMetrics,
} from './synthesis/memory-events.js';
import { HeapLimit, type MemoryPlan, planMemory } from './synthesis/memory-limit.js';
import { finishedChunks, finishedWhole } from './synthesis/output.js';
import { Calls, renderChunks, renderWhole } from './synthesis/render.js';
import { predictProsody } from './synthesis/sentence.js';
import type { Recycled } from './synthesis/shared-models.js';
import { speakerOf, type VoiceInfo, voiceInfos } from './voices/catalog.js';

/** Frees what pipelines held that were dropped without dispose(). What it is given must not refer to the pipeline. */
const dropped = new FinalizationRegistry<Loaded>(({ models, hold }) => {
  models.release().then(hold.release, hold.release);
});

/** A text-to-speech engine, loaded and reusable. */
export class VoirsPipeline extends ObservableMemory implements AsyncDisposable {
  readonly config: SynthesisConfig;
  /**
   * The backend that runs the models, why it was taken when nobody asked for one, and why it has fewer threads than were
   * asked for, where it has.
   */
  readonly backend: {
    name: string;
    threads: number;
    threadsReason?: string;
    versions: Readonly<Record<string, string>>;
    choice?: string;
  };
  readonly arena: Arena;
  private readonly cache: SynthesisCache;
  private readonly plan: MemoryPlan;
  private readonly heapLimit: HeapLimit;
  private readonly log: Log;
  protected readonly watch = new MemoryWatch({
    report: () => this.report(),
    heapBytes: () => this.parts.hold.backend.memory().wasmHeapBytes,
  });
  private readonly calls: Calls;
  private isDisposed = false;

  private constructor(
    private readonly parts: Loaded,
    voice: string | undefined,
  ) {
    super();
    const { config, hold } = parts;
    const { name, threads, versions } = hold.backend;
    this.config = config;
    const { choice, threadsReason } = hold;
    this.backend = {
      name,
      threads,
      ...(threadsReason === undefined ? {} : { threadsReason }),
      versions,
      ...(choice === undefined ? {} : { choice }),
    };
    this.plan = planMemory(config.memoryLimitMb, parts.weights, parts.models.vocoder);
    this.log = new Log(config.logLevel);
    const onLeft = (recycled: Recycled) => this.watch.tell({ kind: 'recycle', ...recycled });
    this.heapLimit = new HeapLimit(hold.backend, this.plan.workingHeapBytes, onLeft, this.log);
    this.cache = new SynthesisCache({ maxEntries: config.cacheSize, maxBytes: this.plan.resultsBytes });
    this.arena = new Arena({ capBytes: this.plan.audioBytes });
    const { plan, arena, log } = this;
    const throwIfDisposed = () => this.throwIfDisposed();
    const afterJob = () => this.watch.lookAtHeap();
    this.calls = new Calls({ parts, plan, arena, log, throwIfDisposed, afterJob }, voice);
    dropped.register(this, parts, this);
    if (name === 'cpu' && choice !== undefined) this.log.warn(`${choice}; it is slower than speech`);
    if (threadsReason !== undefined) this.log.info(threadsReason);
    this.log.info(
      () =>
        `${name}, ${threads} thread(s), ${this.plan.weights} weights; ${versions.features ?? ''}${choice === undefined ? '' : `; ${choice}`}`,
    );
  }

  /**
   * Loads backend, voice and lexicon.
   * @throws VoirsError INVALID_OPTIONS, DEVICE_ERROR, INVALID_WEIGHTS, VOICE_NOT_FOUND, or MEMORY_ERROR when
   * `memoryLimitMb` is less than the voice needs, which the message states; nothing stays loaded then.
   */
  static async create(options: PipelineOptions = {}): Promise<VoirsPipeline> {
    return new VoirsPipeline(await load(options), options.voice);
  }

  /**
   * Text -> audio with the times of every word and phone. Dispose the result, or declare it with `using`. Results are
   * kept for equal requests (`cacheSize`, `memoryLimitMb`), which then get a copy of their own.
   */
  async synthesize(text: string, options: SynthesisOptions = {}): Promise<AudioBuffer> {
    this.throwIfDisposed();
    return this.watch.call('synthesize', (note) =>
      this.heapLimit.call(() => this.speak(text, options, note)),
    );
  }

  /** `synthesize`, and what it took. */
  async synthesizeWithMetrics(
    text: string,
    options: SynthesisOptions = {},
  ): Promise<{ audio: AudioBuffer; metrics: SynthesisMetrics }> {
    const started = performance.now();
    const audio = await this.synthesize(text, options);
    const seconds = (performance.now() - started) / 1000;
    return { audio, metrics: synthesisMetrics(seconds, audio.duration, this.report()) };
  }

  private async speak(text: string, options: SynthesisOptions, note: CallNote): Promise<AudioBuffer> {
    const rendering = this.calls.rendering(options.voice, options);
    throwIfAborted(options.signal);
    const request = this.calls.request(text, rendering, options);
    const kept = typeof text === 'string' ? this.cache.take(request, this.arena) : undefined;
    if (kept) {
      try {
        options.onProgress?.(1);
        throwIfAborted(options.signal);
        note.source = 'kept';
        return kept;
      } catch (error) {
        kept.dispose();
        throw error;
      }
    }
    const { sentences } = this.calls.analyse(text, options);
    const audio = await this.log.timed(
      'synthesize',
      async () => finishedWhole(await renderWhole(sentences, rendering), this.calls.output),
      ({ duration }) => duration,
    );
    if (this.isDisposed) return audio;
    const dropped = this.cache.keep(request, audio);
    if (dropped.entries > 0) this.watch.tell({ kind: 'eviction', ...dropped });
    return audio;
  }

  /** SSML 1.1 -> audio: the subset in docs/ssml.md. @throws VoirsError INVALID_SSML with line and column. */
  synthesizeSsml(ssml: string, options: Omit<SynthesisOptions, 'input'> = {}): Promise<AudioBuffer> {
    return this.synthesize(ssml, { ...options, input: 'ssml' });
  }

  /**
   * Text -> audio chunk by chunk, as the vocoder finishes them: joined, they are what `synthesize` gives. The first
   * is small, later ones larger; nothing is made before it is asked for, and nothing is kept for the next call. Each chunk is the consumer's to dispose and
   * carries the words and marks that begin in it, timed from the start of the stream. Text that arrives in pieces is
   * spoken as its sentences become whole; spans then point into the pieces joined.
   */
  stream(
    text: string | AsyncIterable<string>,
    options: SynthesisOptions = {},
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    this.throwIfDisposed();
    const rendering = this.calls.rendering(options.voice, options);
    if (typeof text === 'string' || !(Symbol.asyncIterator in Object(text))) {
      const { sentences } = this.calls.analyse(text as string, options);
      return this.finished(renderChunks(sentences, rendering, sentences.length));
    }
    if (inputForm(options) === 'ssml') {
      throw new VoirsError('INVALID_OPTIONS', 'SSML cannot be streamed in', {
        got: 'an async iterable',
        wanted: 'a string',
        suggestion: 'Join the pieces first',
      });
    }
    const sentences = sentencesOf(text, this.parts.frontend.open(this.calls.reading), options.signal);
    return this.finished(renderChunks(sentences, rendering));
  }

  /** Text -> utterance with the model's duration, pitch and energy per token: read it, edit it, `render` it. */
  async prepare(text: string, options: PrepareOptions = {}): Promise<Utterance> {
    this.throwIfDisposed();
    const prosody = prosodyOptions(options);
    const context = this.calls.context(options.voice, options.signal);
    const utterance = this.calls.analyse(text, options);
    const sentences: Sentence[] = [];
    for (const sentence of utterance.sentences)
      sentences.push(await predictProsody(this.calls.contextOf(sentence, context), sentence, prosody));
    return { ...utterance, voice: context.speaker.id, sentences };
  }

  /**
   * Utterance -> audio, with whatever was edited in it.
   * @throws VoirsError INVALID_TEXT, INVALID_OPTIONS or VOICE_NOT_FOUND when the utterance is not well-formed.
   */
  async render(utterance: Utterance, options: RenderOptions = {}): Promise<AudioBuffer> {
    this.throwIfDisposed();
    checkUtterance(utterance);
    const { volumeGain, signal, onProgress } = options;
    const rendering = this.calls.rendering(utterance.voice, { volumeGain, signal, onProgress });
    for (const sentence of utterance.sentences) rendering.contextOf(sentence); // every voice is known before any speaks
    return this.watch.call('render', () =>
      this.heapLimit.call(async () =>
        finishedWhole(await renderWhole(utterance.sentences, rendering), this.calls.output),
      ),
    );
  }

  /** @throws VoirsError VOICE_NOT_FOUND. */
  setVoice(id: string): void {
    this.throwIfDisposed();
    this.calls.voice = speakerOf(this.parts.files.manifest, id).id;
  }

  getVoice(): VoiceInfo {
    return this.listVoices().find((voice) => voice.id === this.calls.voice)!;
  }

  listVoices(): VoiceInfo[] {
    return voiceInfos(this.parts.files.manifest, this.config.quality);
  }

  /** Where memory is, layer by layer; what cannot be measured is absent. */
  memoryReport(): MemoryReport {
    this.throwIfDisposed();
    return this.report();
  }

  /** Drops what the pipeline alone holds. @returns bytes given up. */
  private freeOwn(): { resultsBytes: number; audioBytes: number } {
    return { resultsBytes: this.cache.clear(), audioBytes: this.arena.releaseFreeSlabs() };
  }

  private report(): MemoryReport {
    const { hold, models } = this.parts;
    return memoryReport({
      ...(this.isDisposed ? {} : { native: hold.backend.memory(), weights: models.weights() }),
      arena: this.arena,
      results: this.cache,
      settings: { ...this.config, memoryPlan: this.plan },
    });
  }

  /**
   * Drops kept results and gives pooled memory back, at once; then, between two jobs, leaves a WebAssembly heap that has
   * outgrown its share of the limit for a fresh one. Calls under way go on; the pipeline stays usable.
   */
  async reset(): Promise<void> {
    this.throwIfDisposed();
    this.watch.tell({ kind: 'cleanup', reason: 'reset', ...this.freeOwn() });
    await this.heapLimit.leave();
  }

  /** Frees what no other pipeline uses. Audio that is still held stays valid until it is disposed. */
  async dispose(): Promise<void> {
    if (this.isDisposed) return;
    this.isDisposed = true;
    dropped.unregister(this);
    const freed = this.freeOwn();
    await this.parts.models.release();
    await this.parts.hold.release();
    this.watch.tell({ kind: 'cleanup', reason: 'dispose', ...freed });
    this.watch.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private finished(chunks: AsyncGenerator<AudioBuffer, void, undefined>) {
    return this.watch.chunks(this.heapLimit.chunks(finishedChunks(chunks, this.calls.output, this.arena)));
  }

  private throwIfDisposed(): void {
    if (!this.isDisposed) return;
    throw new VoirsError('DISPOSED', 'The pipeline was used after dispose()', {
      suggestion: 'Create a new one',
    });
  }
}
