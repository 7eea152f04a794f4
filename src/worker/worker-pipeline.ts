// A pipeline that speaks in a worker, so that the program's own thread stays free: the verbs of VoirsPipeline, in Node
// and in browsers. What computes is in the worker (serve.ts); here are messages, and audio that has been transferred.
import { type AnalyzeOptions, type AudioAnalysis, analyzeAudio } from '../audio/analyze.js';
import { type AudioBuffer, mustBeAudio } from '../audio/audio-buffer.js';
import {
  type CreateOptions,
  checkCallOptions,
  checkPipelineOptions,
  gainFactor,
  inputForm,
  intonationOf,
  type MelOptions,
  type PrepareOptions,
  prosodyOptions,
  type RenderOptions,
  readingOptions,
  SynthesisConfig,
  type SynthesisOptions,
} from '../config.js';
import { refuseNonFunctions, VoirsError } from '../errors.js';
import type { PreparedUtterance, Utterance } from '../frontend/utterance.js';
import { assetBase } from '../host/assets.js';
import { Arena } from '../memory/arena.js';
import { endedWhenForgotten } from '../memory/forgotten-stream.js';
import { type EventStreamOptions, type Listener, Listeners } from '../memory/listeners.js';
import type { MemoryReport } from '../memory/report.js';
import type { VoirsPipeline } from '../pipeline.js';
import type { MemoryEvent, SynthesisMetrics } from '../synthesis/memory-events.js';
import type { SpokenMel } from '../synthesis/spoken-mel.js';
import { speakerOf, type VoiceInfo } from '../voices/catalog.js';
import { type Following, WorkerLink } from './link.js';
import type { News, PipelineFacts, PlainOptions } from './messages.js';
import { absoluteLocation } from './open-worker.js';
import { audioOf, melOf, plainAudio } from './plain-audio.js';
import type { WorkerLike } from './ports.js';
import { chunksFrom } from './stream.js';

/** Options of a pipeline in a worker. */
export interface WorkerPipelineOptions extends CreateOptions {
  /**
   * Makes the worker, of a file that calls `serveWorkerPipeline()`: for bundlers, which find the file by
   * `() => new Worker(new URL('./speech-worker.js', import.meta.url), { type: 'module' })`, and for backends of your
   * own, which the file registers. Default: the package's own file, in a browser the bundle dist/browser.
   */
  worker?: (() => WorkerLike) | undefined;
}

/** What is the same as in a VoirsPipeline. */
type SameVerbs = Pick<
  VoirsPipeline,
  | ('config' | 'backend' | 'arena' | 'synthesize' | 'synthesizeWithMetrics' | 'synthesizeSsml' | 'stream')
  | (
      | 'prepare'
      | 'mel'
      | 'render'
      | 'setVoice'
      | 'getVoice'
      | 'listVoices'
      | 'memoryEvents'
      | 'reset'
      | 'dispose'
    )
>;

/** What is needed to start another worker. */
type Starting = () => Promise<{ link: WorkerLink; facts: PipelineFacts }>;

/** Ends the workers of pipelines that were dropped without dispose(). */
const dropped = new FinalizationRegistry<{ link: WorkerLink }>(({ link }) => void link.terminate());

/**
 * Loads a pipeline in a worker. The worker ends with `dispose`; a process does not wait for an idle one.
 * @throws VoirsError as `VoirsPipeline.create`; WORKER_LOST when the worker does not start; INVALID_OPTIONS for options
 * that are no plain data. No worker is left then.
 */
export async function createWorkerPipeline(options: WorkerPipelineOptions = {}): Promise<WorkerPipeline> {
  return WorkerPipeline.create(options);
}

/**
 * VoirsPipeline's verbs in a worker: same arguments, same samples, same errors. `signal` and callbacks reach into the
 * worker; what a bad option or text is refused with comes with the promise. All samples are transferred, not copied.
 */
export class WorkerPipeline implements SameVerbs, AsyncDisposable {
  /** Where the audio that came from the worker is counted, and what is derived from it is leased. */
  readonly arena = new Arena();
  private readonly state: { link: WorkerLink };
  private facts: PipelineFacts;
  private voice: string;
  private disposal: Promise<void> | undefined;
  private restarting: Promise<void> | undefined;

  private constructor(
    private readonly starting: Starting,
    { link, facts }: Awaited<ReturnType<Starting>>,
    private readonly listeners: Listeners<MemoryEvent>,
    readonly config: SynthesisConfig,
  ) {
    this.state = { link };
    this.facts = facts;
    this.voice = facts.voice;
    dropped.register(this, this.state, this);
  }

  /** See {@link createWorkerPipeline}. */
  static async create(options: WorkerPipelineOptions = {}): Promise<WorkerPipeline> {
    const { worker, ...creation } = Object(options) as WorkerPipelineOptions;
    refuseNonFunctions({ worker });
    checkPipelineOptions(options === Object(options) ? creation : options);
    const { config, signal, onProgress, ...parts } = creation;
    const weights = parts.weights === undefined ? {} : { weights: absoluteLocation(parts.weights) };
    const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
    const sent = { ...config?.toJSON(), ...given, ...weights };
    let current: WorkerLink | undefined;
    const watch = (isWatched: boolean) => current?.watch(isWatched);
    const listeners = new Listeners<MemoryEvent>('memory', () => watch(true));
    const open = async (following: Pick<CreateOptions, 'signal' | 'onProgress'>) => {
      let facts: PipelineFacts | undefined;
      const onNews = (news: News): void => {
        if (news.kind === 'memory') listeners.isEmpty ? watch(false) : listeners.emit(news.event);
        else if (facts) facts.backend = news.backend;
      };
      const opened = await WorkerLink.open(
        worker,
        { options: sent, assetBase: assetBase() },
        following,
        onNews,
      );
      facts = opened.facts;
      current = opened.link;
      if (!listeners.isEmpty) watch(true);
      return opened;
    };
    const opened = await open({ signal, onProgress });
    return new WorkerPipeline(
      () => open({}),
      opened,
      listeners,
      SynthesisConfig.fromJSON(opened.facts.config),
    );
  }

  /** The backend in the worker as it was at the end of the last call: see `VoirsPipeline.backend`. */
  get backend(): VoirsPipeline['backend'] {
    return this.facts.backend;
  }

  /** Whether the worker has ended by itself: calls are then refused with WORKER_LOST, until `restart`. */
  get isLost(): boolean {
    return this.state.link.isLost;
  }

  /** See `VoirsPipeline.synthesize`. @throws VoirsError as that; WORKER_LOST. */
  async synthesize(text: string, options: SynthesisOptions = {}): Promise<AudioBuffer> {
    this.throwIfDisposed();
    checkCallOptions(options, 'synthesize');
    const { data, following } = this.parts(options);
    return audioOf(await this.link.call('synthesize', { text, options: data }, following), this.arena);
  }

  /** See `VoirsPipeline.synthesizeWithMetrics`; the seconds are those in the worker. */
  async synthesizeWithMetrics(
    text: string,
    options: SynthesisOptions = {},
  ): Promise<{ audio: AudioBuffer; metrics: SynthesisMetrics }> {
    this.throwIfDisposed();
    checkCallOptions(options, 'synthesize');
    const { data, following } = this.parts(options);
    const made = await this.link.call('synthesizeWithMetrics', { text, options: data }, following);
    return { audio: audioOf(made.audio, this.arena), metrics: made.metrics };
  }

  /** See `VoirsPipeline.synthesizeSsml`. @throws VoirsError INVALID_SSML with line and column. */
  async synthesizeSsml(ssml: string, options: Omit<SynthesisOptions, 'input'> = {}): Promise<AudioBuffer> {
    checkCallOptions(options, 'synthesizeSsml');
    return this.synthesize(ssml, { ...options, input: 'ssml' });
  }

  /**
   * See `VoirsPipeline.stream`. The worker is at most two chunks ahead of the reader, and asks for a piece of the text
   * when it needs one.
   */
  stream(
    text: string | AsyncIterable<string>,
    options: SynthesisOptions = {},
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    this.throwIfDisposed();
    checkCallOptions(options, 'stream');
    refuseBadValues(options, this.config);
    speakerOf(this.speakers, options.voice ?? this.voice);
    return endedWhenForgotten(this.chunks(text, this.parts(options)));
  }

  /** See `VoirsPipeline.prepare`. */
  async prepare(text: string, options: PrepareOptions = {}): Promise<PreparedUtterance> {
    this.throwIfDisposed();
    checkCallOptions(options, 'prepare');
    const { data, following } = this.parts(options);
    return this.link.call('prepare', { text, options: data }, following);
  }

  /** See `VoirsPipeline.mel`; the arena of this pipeline holds the mel. */
  async mel(text: string | Utterance, options: MelOptions = {}): Promise<SpokenMel> {
    this.throwIfDisposed();
    const isText = typeof text !== 'object' || text === null;
    checkCallOptions(options, isText ? 'mel' : 'mel of an utterance');
    const { signal, ...given } = options;
    const takes = isText
      ? { text, options: { ...given, voice: given.voice ?? this.voice } }
      : { text: { ...text, voice: text.voice ?? this.voice }, options: given };
    return melOf(await this.link.call('mel', takes, { signal }), this.arena);
  }

  /** See `VoirsPipeline.render`. @throws VoirsError INVALID_OPTIONS too for an utterance that is no plain data. */
  async render(utterance: Utterance, options: RenderOptions = {}): Promise<AudioBuffer> {
    this.throwIfDisposed();
    checkCallOptions(options, 'render');
    const { signal, onProgress, ...data } = options;
    const isPlain = typeof utterance === 'object' && utterance !== null;
    const voiced = isPlain ? { ...utterance, voice: utterance.voice ?? this.voice } : utterance;
    const takes = { utterance: voiced, options: data };
    return audioOf(await this.link.call('render', takes, { signal, onProgress }), this.arena);
  }

  /** `analyzeAudio` in the worker. It works on a copy of the samples, which stay the caller's. */
  async analyze(audio: AudioBuffer, options: AnalyzeOptions = {}): Promise<AudioAnalysis> {
    this.throwIfDisposed();
    mustBeAudio(audio, analyzeAudio.name);
    const copy = plainAudio(audio);
    return this.link.call('analyze', { audio: copy, options }, {}, [copy.samples.buffer]);
  }

  /** @throws VoirsError VOICE_NOT_FOUND. */
  setVoice(id: string): void {
    this.throwIfDisposed();
    this.voice = speakerOf(this.speakers, id).id;
  }

  getVoice(): VoiceInfo {
    return this.listVoices().find((voice) => voice.id === this.voice)!;
  }

  listVoices(): VoiceInfo[] {
    return this.facts.voices.map((voice) => ({ ...voice }));
  }

  /** Where the worker's memory is, layer by layer; `arena.stats()` has the audio that has come from there. */
  async memoryReport(): Promise<MemoryReport> {
    this.throwIfDisposed();
    return this.link.call('memoryReport', undefined);
  }

  /** See `VoirsPipeline.on`; the events are of the worker. */
  on(event: 'memory', listener: Listener<MemoryEvent>): this {
    this.listeners.on(event, listener);
    return this;
  }

  /** Stops telling this listener. */
  off(event: 'memory', listener: Listener<MemoryEvent>): this {
    this.listeners.off(event, listener);
    return this;
  }

  /** See `VoirsPipeline.memoryEvents`. */
  memoryEvents(options: EventStreamOptions = {}): AsyncIterableIterator<MemoryEvent> {
    return this.listeners.stream(options);
  }

  /** See `VoirsPipeline.reset`. */
  async reset(): Promise<void> {
    this.throwIfDisposed();
    this.arena.releaseFreeSlabs();
    await this.link.call('reset', undefined);
  }

  /**
   * Replaces the worker by a fresh one with the same options: after WORKER_LOST, or to give all memory back. Calls under
   * way end with WORKER_LOST; audio that is held stays valid, and so does the voice that was set.
   * @throws VoirsError as `createWorkerPipeline`; the pipeline may then be restarted again.
   */
  restart(): Promise<void> {
    this.restarting ??= this.replace().finally(() => {
      this.restarting = undefined;
    });
    return this.restarting;
  }

  /** Disposes the pipeline and ends the worker; resolves when it has ended. Audio that is held stays valid. */
  dispose(): Promise<void> {
    this.disposal ??= this.end();
    return this.disposal;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async replace(): Promise<void> {
    this.throwIfDisposed();
    await this.link.replace();
    const { link, facts } = await this.starting();
    this.state.link = link;
    this.facts = facts;
    if (!this.disposal) return;
    await link.terminate();
    this.throwIfDisposed();
  }

  private async end(): Promise<void> {
    dropped.unregister(this);
    await this.link.dispose();
    this.arena.releaseFreeSlabs();
    this.listeners.close();
  }

  private get link(): WorkerLink {
    return this.state.link;
  }

  private get speakers() {
    const { voices } = this.facts;
    const ofPackage = voices[0]?.package;
    return {
      speakers: voices,
      defaultSpeaker: voices.find((voice) => voice.isDefault)!.id,
      ...(ofPackage === undefined ? {} : { package: ofPackage }),
    };
  }

  /** A call's options apart: those that are data, with the voice of now, and how it is followed. */
  private parts(options: SynthesisOptions): { data: PlainOptions; following: Following } {
    const { signal, onProgress, onWarning, ...data } = options;
    const following = { signal, onProgress, onWarning };
    return { data: { ...data, voice: data.voice ?? this.voice }, following };
  }

  private async *chunks(
    text: string | AsyncIterable<string>,
    { data, following }: { data: PlainOptions; following: Following },
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    for await (const chunk of chunksFrom(this.link, text, data, following)) yield audioOf(chunk, this.arena);
  }

  private throwIfDisposed(): void {
    if (!this.disposal) return;
    throw new VoirsError('DISPOSED', 'The pipeline was used after dispose()', {
      suggestion: 'Create a new one',
    });
  }
}

/** What a stream refuses at once, as VoirsPipeline's does. @throws VoirsError INVALID_OPTIONS. */
function refuseBadValues(options: SynthesisOptions, config: SynthesisConfig): void {
  inputForm(options);
  readingOptions(options, config);
  prosodyOptions(options);
  intonationOf(options.intonation);
  gainFactor(options.volumeGain);
}
