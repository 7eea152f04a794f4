// What a pipeline holds, and the one wrapper that every public call runs in.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import { Resampler } from '../audio/resample.js';
import { acquireBackend, type BackendHold } from '../backends/registry.js';
import { type CreateOptions, checkPipelineOptions, SynthesisConfig } from '../config.js';
import { throwIfAborted, VoirsError } from '../errors.js';
import { Frontend } from '../frontend/frontend.js';
import { lexiconText } from '../frontend/lexicon/lexicon-text.js';
import { parseUserLexicon } from '../frontend/lexicon/user-lexicon.js';
import { Vocabulary } from '../frontend/phonemes.js';
import { finish, PIECE, type Steps } from '../frontend/steps.js';
import { refuseLargerThan } from '../frontend/text-size.js';
import { sentencesOf } from '../frontend/text-stream.js';
import type { Sentence, Utterance } from '../frontend/utterance.js';
import { isShortUtterance, utteranceCheck } from '../frontend/utterance-check.js';
import { Log } from '../log.js';
import { Arena } from '../memory/arena.js';
import { type MemoryReport, memoryReport } from '../memory/report.js';
import { weightCount } from '../models/layers.js';
import type { ModelDescription } from '../models/model.js';
import { loadPronouncer, namedVoiceFiles, speakerOf, ssmlVoices, vocoderOf } from '../voices/catalog.js';
import { loadVoiceFiles } from '../voices/files.js';
import type { VoiceManifest } from '../voices/manifest.js';
import { SynthesisCache } from './cache.js';
import { type Call, speakerFor } from './call.js';
import { type FrameLoudness, frameLoudness } from './finish.js';
import { withoutPitch } from './fixed-pitch.js';
import { Loading, unlessAborted } from './load-progress.js';
import { type CallName, CallRecord, MemoryEvents } from './memory-events.js';
import { type MemoryPlan, planMemory, recycleWithin, throwBelowFloor, weightForm } from './memory-limit.js';
import { withRepair } from './repair.js';
import { acquireModels, type ModelsHold } from './shared-models.js';
import { Turns } from './turns.js';

/** The parts of an engine that outlive a pipeline dropped without dispose(): they must not refer to it. */
export interface EngineParts {
  hold: BackendHold;
  models: ModelsHold;
  /** Held so that calls find its converter made; absent where the voice's own rate is given out. */
  readonly resampler: Resampler | undefined;
  /** Ends the telling of what happens to the backend. */
  unwatch: () => void;
}

/** What is loaded for a pipeline, and again when a device is lost. */
type LoadParts = () => Promise<Pick<EngineParts, 'hold' | 'models'>>;

/** Gives back what pipelines share. */
export async function releaseParts({ models, hold, resampler, unwatch }: EngineParts): Promise<void> {
  unwatch();
  resampler?.dispose();
  await models.release();
  await hold.release();
}

/** Whether a text is read in one step; what is no text is refused there. */
const isShort = (text: string): boolean => typeof text !== 'string' || text.length <= PIECE;

export class Engine implements AsyncDisposable {
  readonly log: Log;
  readonly plan: MemoryPlan;
  readonly arena: Arena;
  readonly cache: SynthesisCache;
  readonly vocabulary: Vocabulary;
  /** Post-processing, where it is on: what reads a sentence's loudness from its mel. */
  readonly loudness: FrameLoudness | undefined;
  readonly events = new MemoryEvents({
    report: () => this.report(),
    heapBytes: () => this.backend.memory().wasmHeapBytes,
  });
  /** Id of the voice of calls that name none. */
  voice: string;
  isDisposed = false;
  /** The frontend of the last call with a lexicon of its own: calls repeat it. */
  private own: { lexicon: string; frontend: Frontend } | undefined;

  private reloading: Promise<void> | undefined;

  private constructor(
    readonly parts: EngineParts,
    private readonly loadParts: LoadParts,
    readonly config: SynthesisConfig,
    readonly manifest: VoiceManifest,
    readonly frontend: Frontend,
    plan: MemoryPlan,
    voice: string | undefined,
  ) {
    this.plan = plan;
    this.log = new Log(config.logLevel);
    this.watch();
    this.arena = new Arena({ capBytes: plan.audioBytes });
    this.cache = new SynthesisCache({ maxEntries: config.cacheSize, maxBytes: plan.resultsBytes });
    this.vocabulary = new Vocabulary(manifest.tokens, manifest.tokenAliases);
    const { mel, sampleRate } = manifest;
    this.loudness = config.enablePostprocessing ? frameLoudness(mel, sampleRate) : undefined;
    this.voice = speakerOf(manifest, voice).id;
    this.tellWhatLoaded();
  }

  /**
   * Loads backend, voice and lexicon, in parallel.
   * @throws VoirsError as `VoirsPipeline.create`; nothing stays loaded then.
   */
  static async load(options: CreateOptions): Promise<Engine> {
    checkPipelineOptions(options);
    return unlessAborted(() => Engine.loadAll(options), options.signal);
  }

  private static async loadAll(options: CreateOptions): Promise<Engine> {
    const {
      config: given,
      voice,
      backend = 'auto',
      weights,
      lexicon,
      signal,
      onProgress,
      ...settings
    } = options;
    const user = lexicon === undefined ? undefined : lexiconText(lexicon); // refused before any work
    const loading = new Loading({ signal, onProgress });
    const onBytes = onProgress && loading.onBytes; // without a listener files are read at once
    const config = given ? given.update(settings) : new SynthesisConfig(settings);
    const { numThreads, useGpu, quality, memoryLimitMb } = config;
    const [files, hold] = await bothOrNeither(
      weights === undefined ? namedVoiceFiles(voice, onBytes) : loadVoiceFiles(weights, onBytes),
      acquireBackend(backend, { numThreads, useGpu }),
      (hold) => hold.release(),
    );
    try {
      const { manifest } = files;
      speakerOf(manifest, voice); // a voice that does not exist costs no loading
      const vocoder = vocoderOf(manifest, quality);
      loading.expect(manifest.acoustic.bytes + vocoder.bytes);
      loading.done('voice');
      loading.done('backend');
      const weightsOf = ({ model }: { model: ModelDescription<unknown> }) => weightCount(model.declaration());
      const form = weightForm(memoryLimitMb, weightsOf(manifest.acoustic) + weightsOf(vocoder));
      const [pronouncer, models] = await bothOrNeither(
        loadPronouncer(files, user),
        acquireModels(hold.backend, files, quality, form),
        (models) => models.release(),
      );
      try {
        loading.done('lexicon');
        throwBelowFloor(memoryLimitMb, hold.backend, models, manifest.sampleRate);
        const frontend = new Frontend(pronouncer, manifest.acoustic.maxTrainedTokens);
        const plan = planMemory(memoryLimitMb, form, models);
        const again: LoadParts = async () => {
          const hold = await acquireBackend(backend, { numThreads, useGpu });
          try {
            return { hold, models: await acquireModels(hold.backend, files, quality, form) };
          } catch (error) {
            await hold.release();
            throw error;
          }
        };
        const [from, to] = [manifest.sampleRate, config.sampleRate];
        const resampler = from === to ? undefined : await Resampler.create(from, to);
        try {
          loading.done('ready');
          const parts = { hold, models, resampler, unwatch: () => {} };
          const engine = new Engine(parts, again, config, manifest, frontend, plan, voice);
          for (const note of files.notes ?? []) engine.log.warn(note);
          // The default asks for nothing in particular.
          if (quality !== 'medium' && !manifest.tiers.includes(quality))
            engine.log.warn(
              `the voice set ${manifest.name} has no quality "${quality}", the nearest is used; it has ${manifest.tiers.join(', ')}`,
            );
          return engine;
        } catch (error) {
          resampler?.dispose();
          throw error;
        }
      } catch (error) {
        await models.release();
        throw error;
      }
    } catch (error) {
      await hold.release();
      throw error;
    }
  }

  get backend() {
    return this.parts.hold.backend;
  }

  get models(): ModelsHold {
    return this.parts.models;
  }

  /** The frontend with the call's lexicon. @throws VoirsError INVALID_OPTIONS with the line of a fault. */
  frontendOf({ lexicon }: Call): Frontend {
    if (lexicon === undefined) return this.frontend;
    if (this.own?.lexicon !== lexicon) {
      this.own = { lexicon, frontend: this.frontend.withUserLexicon(parseUserLexicon(lexicon)) };
    }
    return this.own.frontend;
  }

  /**
   * Text or SSML -> utterance; the event loop turns while a long one is read, and the signal is heard. A short one is
   * read at once, so that calls keep their order. The log and the call are told its warnings.
   * @throws VoirsError INVALID_TEXT, also for more than `maxTextBytes`; INVALID_SSML, UNSUPPORTED_TEXT, ABORTED.
   */
  async read(text: string, call: Call): Promise<Utterance> {
    const steps = this.reading(text, call);
    return this.warned(isShort(text) ? finish(steps) : await this.turnsOf(call).finish(steps), call);
  }

  /** The same at once, where the text is so short that no turn is needed: its faults are thrown here; else later. */
  readSoon(text: string, call: Call): () => Promise<Utterance> {
    refuseLargerThan(this.config.maxTextBytes, text);
    if (!isShort(text)) return () => this.read(text, call);
    const utterance = this.warned(finish(this.reading(text, call)), call);
    return async () => utterance;
  }

  /**
   * Checks an utterance that a caller may have edited, and that all its voices are known; the event loop turns while a
   * long one is checked, and the signal is heard.
   * @throws VoirsError INVALID_TEXT, VOICE_NOT_FOUND, ABORTED.
   */
  async check(utterance: Utterance, call: Call): Promise<void> {
    const steps = this.checking(utterance, call);
    if (isShortUtterance(utterance)) finish(steps);
    else await this.turnsOf(call).finish(steps);
  }

  private *checking(utterance: Utterance, call: Call): Steps<void> {
    yield* utteranceCheck(utterance);
    for (const sentence of utterance.sentences) {
      speakerFor(this, call, sentence);
      yield;
    }
  }

  private reading(text: string, call: Call): Steps<Utterance> {
    const { input, reading, speaker, strictSsml: isStrict } = call;
    refuseLargerThan(this.config.maxTextBytes, text);
    const frontend = this.frontendOf(call);
    if (input === 'text') return frontend.steps(text, reading);
    const voices = ssmlVoices(this.manifest);
    return frontend.ssmlSteps(text, { ...reading, voices, voice: speaker.id, isStrict });
  }

  /** What a voice cannot do is passed over; a caller who is strict about markup is told of it as an error, later. */
  private warned(utterance: Utterance, { input, strictSsml: isStrict, onWarning }: Call): Utterance {
    const isDeaf = input === 'ssml' && !isStrict && this.models.acoustic.isFixed;
    const passedOver = isDeaf ? withoutPitch(utterance) : undefined;
    if (passedOver) utterance.warnings.push(passedOver);
    this.warn(utterance.warnings, onWarning);
    return utterance;
  }

  /** Turns of the event loop within work of a call on the calling thread. */
  turnsOf({ signal }: Pick<Call, 'signal'>): Turns {
    return new Turns(() => {
      this.throwIfDisposed();
      throwIfAborted(signal);
    });
  }

  /**
   * The sentences of a text in pieces. The log and the call are told their warnings when the text ends or is left.
   * @throws VoirsError INVALID_OPTIONS at once, for SSML.
   */
  readPieces(pieces: AsyncIterable<string>, call: Call): AsyncGenerator<Sentence, void, undefined> {
    if (call.input === 'ssml') {
      throw new VoirsError('INVALID_OPTIONS', 'SSML cannot be streamed in', {
        got: 'an async iterable',
        wanted: 'a string',
        suggestion: 'Join the pieces first',
      });
    }
    return this.sentencesIn(pieces, call);
  }

  private async *sentencesIn(
    pieces: AsyncIterable<string>,
    call: Call,
  ): AsyncGenerator<Sentence, void, undefined> {
    const { reading, signal, onWarning } = call;
    const { maxTextBytes } = this.config;
    const reader = this.frontendOf(call).open(reading);
    const turns = this.turnsOf(call);
    try {
      yield* sentencesOf(pieces, reader, { signal, maxTextBytes, turn: () => turns.next() });
    } finally {
      this.warn(reader.warnings(), onWarning);
    }
  }

  private warn(warnings: readonly string[], onWarning: Call['onWarning']): void {
    for (const warning of warnings) {
      this.log.info(warning);
      onWarning?.(warning);
    }
  }

  /**
   * Runs a public call that gives one result: refused once the pipeline is disposed or the signal has fired, told to the
   * log and to listeners, and ended with the heap within its limit.
   */
  async run<Result>(
    name: CallName,
    call: Call,
    work: (record: CallRecord) => Promise<Result>,
  ): Promise<Result> {
    this.throwIfDisposed();
    using record = this.record(name);
    try {
      throwIfAborted(call.signal);
      const result = await this.unlessLost(call, () => work(record));
      record.made();
      return result;
    } catch (error) {
      record.failed(error);
      throw error;
    } finally {
      await this.endCall();
    }
  }

  /** The same for a call that gives chunks. It begins when the first one is asked for. */
  async *runChunks(
    name: CallName,
    chunks: AsyncIterable<AudioBuffer>,
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    using record = this.record(name);
    try {
      for await (const chunk of chunks) {
        record.add(chunk);
        yield chunk;
      }
      record.made();
    } catch (error) {
      record.failed(error);
      await this.reloadIfLost(); // chunks have been given out: the next call is the one that works
      throw error;
    } finally {
      await this.endCall();
    }
  }

  /** Does work again from its beginning, once, when the device that it ran on was lost meanwhile. */
  private async unlessLost<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      if (!(await this.reloadIfLost())) throw error;
      throwIfAborted(call.signal);
      return work();
    }
  }

  /** Loads backend and models anew in place of lost ones. @returns whether it did. @throws as `load`. */
  private async reloadIfLost(): Promise<boolean> {
    if (this.backend.lostReason === undefined || this.isDisposed) return false;
    this.reloading ??= this.reload().finally(() => {
      this.reloading = undefined;
    });
    await this.reloading;
    return true;
  }

  private async reload(): Promise<void> {
    const { parts } = this;
    const lost = { ...parts, resampler: undefined }; // that one goes on
    const fresh = await this.loadParts();
    Object.assign(parts, fresh);
    this.watch();
    // What was on the device is gone in any case.
    await releaseParts(lost).catch((error: unknown) => this.log.debug(`the lost device: ${String(error)}`));
    if (this.isDisposed) return releaseParts(parts);
    const { name } = this.backend;
    this.log.warn(`loaded again after the loss of the device, on ${name}`);
  }

  /** Tells the log what happens to the backend. The listener must not keep a forgotten pipeline alive. */
  private watch(): void {
    const { log } = this;
    this.parts.unwatch = this.backend.onNotice?.((message) => log.warn(message)) ?? (() => {});
  }

  /** Runs one step of a call on the backend's queue, unless the call or the pipeline has ended by its turn. */
  job<Result>(call: Call, work: () => Promise<Result>): Promise<Result> {
    return this.backend.queue.run(async () => {
      this.throwIfDisposed();
      throwIfAborted(call.signal);
      const result = await withRepair(this.backend, work, (what) => {
        this.log.warn(`a step of the models is repeated: ${what}`);
        this.throwIfDisposed();
        throwIfAborted(call.signal);
      });
      this.events.lookAtHeap();
      return result;
    });
  }

  throwIfDisposed(): void {
    if (!this.isDisposed) return;
    throw new VoirsError('DISPOSED', 'The pipeline was used after dispose()', {
      suggestion: 'Create a new one',
    });
  }

  report(): MemoryReport {
    const { backend, models } = this;
    return memoryReport({
      ...(this.isDisposed ? {} : { native: backend.memory(), weights: models.weights() }),
      arena: this.arena,
      results: this.cache,
      settings: { ...this.config, memoryPlan: this.plan },
    });
  }

  async reset(): Promise<void> {
    this.events.tell({ kind: 'cleanup', reason: 'reset', ...this.freeOwn() });
    await this.recycle();
  }

  async dispose(): Promise<void> {
    this.isDisposed = true;
    const freed = this.freeOwn();
    await releaseParts(this.parts);
    this.events.tell({ kind: 'cleanup', reason: 'dispose', ...freed });
    this.events.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Drops what the pipeline alone holds. @returns bytes given up. */
  private freeOwn(): { resultsBytes: number; audioBytes: number } {
    return { resultsBytes: this.cache.clear(), audioBytes: this.arena.releaseFreeSlabs() };
  }

  private record(name: CallName): CallRecord {
    return new CallRecord(name, this.events, this.log);
  }

  /** Leaves a heap that has outgrown its share for a fresh one, between two jobs. @throws Error when none can be had. */
  private async recycle(): Promise<void> {
    const recycled = await recycleWithin(this.backend, this.plan.workingHeapBytes);
    if (!recycled) return;
    this.log.debug(`left a heap of ${recycled.fromBytes} bytes for one of ${recycled.toBytes}`);
    this.events.tell({ kind: 'recycle', ...recycled });
  }

  /** What a call has made is not lost because its heap stays large: the next one tries again. */
  private async endCall(): Promise<void> {
    await this.recycle().catch((error: unknown) => {
      if (!(error instanceof VoirsError && error.code === 'DISPOSED'))
        this.log.error(`no fresh heap: ${String(error)}`);
    });
  }

  private tellWhatLoaded(): void {
    const { choice } = this.parts.hold;
    const threadsReason = this.parts.hold.threadsReason();
    const { name, threads, versions } = this.backend;
    if (name === 'cpu' && choice !== undefined) this.log.warn(`${choice}; it is slower than speech`);
    if (threadsReason !== undefined) this.log.info(threadsReason);
    const features = `${name}, ${threads} thread(s), ${this.plan.weights} weights; ${versions.features ?? ''}`;
    this.log.info(choice === undefined ? features : `${features}; ${choice}`);
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
