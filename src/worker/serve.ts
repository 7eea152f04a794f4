// The worker's half: a pipeline that does what its owner's messages ask for.
import { analyzeAudio } from '../audio/analyze.js';
import type { SynthesisOptions } from '../config.js';
import { throwIfAborted } from '../errors.js';
import { setAssetBase } from '../host/assets.js';
import { Arena } from '../memory/arena.js';
import type { Listener } from '../memory/listeners.js';
import { VoirsPipeline } from '../pipeline.js';
import type { MemoryEvent } from '../synthesis/memory-events.js';
import { type CallName, type Calls, LOADING, type ToWorker } from './messages.js';
import { ownPort } from './open-worker.js';
import { audioOf, given, givenMel } from './plain-audio.js';
import { plainError } from './plain-error.js';
import type { ServingPort } from './ports.js';

type Message<Kind extends ToWorker['kind']> = Extract<ToWorker, { kind: Kind }>;

/**
 * Makes this worker one in which `createWorkerPipeline` speaks: a program that brings its own worker calls it in the
 * worker's file, after what belongs there (`registerBackend`, `useEncoder`).
 * @throws VoirsError INVALID_OPTIONS outside of a worker.
 */
export function serveWorkerPipeline(): void {
  serve(ownPort());
}

/** The same on any port. */
export function serve(port: ServingPort): void {
  const service = new Service(port);
  port.listen((message) => service.take(message));
}

/** A call or a stream under way. */
class Job {
  private readonly controller = new AbortController();
  readonly signal = this.controller.signal;
  private wake: (() => void) | undefined;
  /** Takes the next piece of the text, or its end. */
  onPiece: ((piece: string | undefined) => void) | undefined;

  constructor(private credits = 0) {}

  abort(): void {
    this.controller.abort();
    this.wake?.();
  }

  addCredit(): void {
    this.credits++;
    this.wake?.();
  }

  /** Waits until one more chunk may be made. @throws VoirsError ABORTED. */
  async takeCredit(): Promise<void> {
    while (this.credits === 0 && !this.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    throwIfAborted(this.signal);
    this.credits--;
  }
}

class Service {
  private pipeline!: VoirsPipeline;
  private readonly jobs = new Map<number, Job>();
  private readonly onMemory: Listener<MemoryEvent> = (event) => this.port.post({ kind: 'memory', event });

  /** The backend as the owner knows it. */
  private told = '';

  constructor(private readonly port: ServingPort) {}

  take(message: ToWorker): void {
    const { kind } = message;
    if (kind === 'start') void this.start(message);
    else if (kind === 'call') void this.call(message);
    else if (kind === 'stream') void this.stream(message);
    else if (kind === 'credit') this.jobs.get(message.id)?.addCredit();
    else if (kind === 'piece') this.jobs.get(message.id)?.onPiece?.(message.piece);
    else if (kind === 'abort') this.jobs.get(message.id)?.abort();
    else if (message.isWatched) this.pipeline.on('memory', this.onMemory);
    else this.pipeline.off('memory', this.onMemory);
  }

  private async start({ options, isHeard, assetBase, lock }: Message<'start'>): Promise<void> {
    const { port } = this;
    try {
      if (assetBase !== undefined) setAssetBase(assetBase);
      if (lock !== undefined) await port.hold(lock);
      this.pipeline = await VoirsPipeline.create({
        ...options,
        onProgress: isHeard ? (progress) => port.post({ kind: 'loading', progress }) : undefined,
      });
    } catch (error) {
      port.post({ kind: 'failed', id: LOADING, error: plainError(error) });
      return;
    }
    const { config, backend } = this.pipeline;
    this.told = JSON.stringify(backend);
    const voices = this.pipeline.listVoices();
    const voice = this.pipeline.getVoice().id;
    port.post({ kind: 'started', facts: { config: config.toJSON(), backend, voices, voice } });
  }

  private async call(message: Message<'call'>): Promise<void> {
    const { id } = message;
    const job = new Job();
    this.jobs.set(id, job);
    try {
      const { gives, transfer } = await this.result(message, job);
      this.tellBackend();
      this.port.post({ kind: 'result', id, gives }, transfer);
    } catch (error) {
      this.tellBackend();
      this.port.post({ kind: 'failed', id, error: plainError(error) });
    } finally {
      this.jobs.delete(id);
    }
  }

  private async result(
    message: Message<'call'>,
    job: Job,
  ): Promise<{ gives: Calls[CallName]['gives']; transfer?: ArrayBuffer[] }> {
    const { pipeline } = this;
    const { signal } = job;
    const { onProgress, onWarning } = this.listeners(message);
    const following = { signal, onProgress, onWarning };
    switch (message.name) {
      case 'synthesize': {
        const { text, options } = message.takes;
        return given(await pipeline.synthesize(text, { ...options, ...following }));
      }
      case 'synthesizeWithMetrics': {
        const { text, options } = message.takes;
        const made = await pipeline.synthesizeWithMetrics(text, { ...options, ...following });
        const { gives: audio, transfer } = given(made.audio);
        return { gives: { audio, metrics: made.metrics }, transfer };
      }
      case 'prepare': {
        const { text, options } = message.takes;
        return { gives: await pipeline.prepare(text, { ...options, signal }) };
      }
      case 'mel': {
        const { text, options } = message.takes;
        return givenMel(await pipeline.mel(text, { ...options, signal }));
      }
      case 'render': {
        const { utterance, options } = message.takes;
        return given(await pipeline.render(utterance, { ...options, signal, onProgress }));
      }
      case 'analyze': {
        using audio = audioOf(message.takes.audio, new Arena());
        return { gives: analyzeAudio(audio, message.takes.options) };
      }
      case 'memoryReport':
        return { gives: pipeline.memoryReport() };
      case 'reset':
        await pipeline.reset();
        return { gives: undefined };
      case 'dispose':
        await pipeline.dispose();
        return { gives: undefined };
    }
  }

  private tellBackend(): void {
    const { backend } = this.pipeline;
    const now = JSON.stringify(backend);
    if (now === this.told) return;
    this.told = now;
    this.port.post({ kind: 'backend', backend });
  }

  private async stream(message: Message<'stream'>): Promise<void> {
    const { id, text, isInPieces, options, credits } = message;
    const job = new Job(credits);
    this.jobs.set(id, job);
    try {
      const following = { signal: job.signal, ...this.listeners(message) };
      const source = isInPieces ? this.piecesOf(id, job) : text;
      const chunks = this.pipeline.stream(source, { ...options, ...following });
      await job.takeCredit();
      for await (const chunk of chunks) {
        const { gives: audio, transfer } = given(chunk);
        this.port.post({ kind: 'chunk', id, audio }, transfer);
        await job.takeCredit();
      }
      this.tellBackend();
      this.port.post({ kind: 'end', id });
    } catch (error) {
      this.tellBackend();
      this.port.post({ kind: 'failed', id, error: plainError(error) });
    } finally {
      this.jobs.delete(id);
    }
  }

  /** The owner's text in pieces, each asked for when it is needed. */
  private piecesOf(id: number, job: Job): AsyncIterable<string> {
    const next = (): Promise<IteratorResult<string, void>> =>
      new Promise((resolve) => {
        job.onPiece = (piece) =>
          resolve(piece === undefined ? { done: true, value: undefined } : { done: false, value: piece });
        this.port.post({ kind: 'wanted', id });
      });
    return { [Symbol.asyncIterator]: () => ({ next }) };
  }

  private listeners({
    id,
    isHeard,
    isWarned,
  }: Pick<Message<'call'>, 'id' | 'isHeard' | 'isWarned'>): Pick<
    SynthesisOptions,
    'onProgress' | 'onWarning'
  > {
    const { port } = this;
    return {
      onProgress: isHeard ? (done) => port.post({ kind: 'progress', id, done }) : undefined,
      onWarning: isWarned ? (warning) => port.post({ kind: 'warning', id, warning }) : undefined,
    };
  }
}
