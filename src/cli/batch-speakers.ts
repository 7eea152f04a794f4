// Who speaks the rows of a batch: one pipeline in this thread, or several in workers, of which one that dies is replaced
// and its row spoken again. A row whose voice is of another shipped set opens a pipeline of that set.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import type { PipelineOptions, SynthesisOptions } from '../config.js';
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import { VoirsPipeline } from '../pipeline.js';
import { namedVoiceFiles } from '../voices/catalog.js';
import { createWorkerPipeline } from '../worker/worker-pipeline.js';

/** The part of a pipeline that a batch uses. */
export type BatchSpeaker = Pick<VoirsPipeline, 'config' | 'getVoice' | 'stream' | 'dispose'> & {
  /** Replaces a worker; absent in this thread. */
  restart?(): Promise<void>;
};

/** A pipeline of one voice set. */
type SetSpeaker = BatchSpeaker & Pick<VoirsPipeline, 'listVoices'>;

/** Speaks with the voices of all shipped sets: the pipeline of a set is opened for the first row that needs it, and kept. */
export class ShippedSpeaker implements BatchSpeaker {
  /** By the name of the set. */
  private readonly others = new Map<string, SetSpeaker>();
  private last: SetSpeaker;

  /** @param open a pipeline of the set that has a voice, with the options of `first`. */
  constructor(
    private readonly first: SetSpeaker,
    private readonly open: (voice: string) => Promise<SetSpeaker>,
  ) {
    this.last = first;
  }

  get config(): BatchSpeaker['config'] {
    return this.first.config;
  }

  getVoice(): ReturnType<BatchSpeaker['getVoice']> {
    return this.first.getVoice();
  }

  /** @throws VoirsError VOICE_NOT_FOUND with the voices of all sets; otherwise as `VoirsPipeline.stream`. */
  async *stream(
    text: string | AsyncIterable<string>,
    options: SynthesisOptions = {},
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    this.last = await this.speakerOf(options.voice);
    yield* this.last.stream(text, options);
  }

  /** Replaces the worker that spoke last; does nothing in this thread. */
  async restart(): Promise<void> {
    await this.last.restart?.();
  }

  async dispose(): Promise<void> {
    await Promise.all([this.first, ...this.others.values()].map((speaker) => speaker.dispose()));
  }

  private async speakerOf(voice: string | undefined): Promise<SetSpeaker> {
    if (voice === undefined || this.first.listVoices().some(({ id }) => id === voice)) return this.first;
    const { name } = (await namedVoiceFiles(voice)).manifest;
    const speaker = this.others.get(name) ?? (await this.open(voice));
    this.others.set(name, speaker);
    return speaker;
  }
}

/** Attempts at a row whose worker dies. */
const ATTEMPTS = 3;

/** Several speakers of equal options, disposed together. */
export class BatchSpeakers implements AsyncDisposable {
  constructor(readonly all: readonly BatchSpeaker[]) {}

  /**
   * @param hasThreads the options say how many threads each has; otherwise they share the cores.
   * @throws VoirsError as `create`; none is left then.
   */
  static async open(options: PipelineOptions, count: number, hasThreads: boolean): Promise<BatchSpeakers> {
    const numThreads = Math.max(1, Math.floor(host.cores() / count));
    const config = hasThreads || count === 1 ? options.config : options.config?.update({ numThreads });
    const openOne = (voice = options.voice): Promise<SetSpeaker> => {
      const own = { ...options, config, ...(voice === undefined ? {} : { voice }) };
      return count === 1 ? VoirsPipeline.create(own) : createWorkerPipeline(own);
    };
    const speaker = async (): Promise<BatchSpeaker> => {
      const first = await openOne();
      return options.weights === undefined ? new ShippedSpeaker(first, openOne) : first;
    };
    const made = await Promise.allSettled(Array.from({ length: count }, speaker));
    const speakers = new BatchSpeakers(
      made.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    );
    const failed = made.find((one) => one.status === 'rejected');
    if (!failed) return speakers;
    await speakers[Symbol.asyncDispose]();
    throw failed.reason;
  }

  /**
   * Works through items, in order, one at a time on each speaker.
   * @param work must end soon after its signal aborts, which it does when another one fails.
   * @param isOver whether the process is larger than it should be: then a speaker waits for the others before it takes
   * an item, and the last one at work goes on alone.
   * @throws what `work` throws first, when all have ended.
   */
  async each<T>(
    items: readonly T[],
    signal: AbortSignal,
    work: (speaker: BatchSpeaker, item: T, signal: AbortSignal) => Promise<void>,
    isOver: () => boolean = () => false,
  ): Promise<void> {
    const control = new AbortController();
    const either = AbortSignal.any([signal, control.signal]);
    const failures: unknown[] = [];
    const resting: (() => void)[] = [];
    let next = 0;
    let atWork = 0;
    const run = async (speaker: BatchSpeaker): Promise<void> => {
      while (next < items.length && failures.length === 0) {
        if (atWork > 0 && isOver()) {
          await new Promise<void>((resolve) => resting.push(resolve));
          continue;
        }
        const item = items[next++]!;
        atWork++;
        try {
          await work(speaker, item, either);
        } catch (error) {
          failures.push(error);
          control.abort();
        }
        atWork--;
        resting.shift()?.(); // it looks again
      }
      for (const wake of resting.splice(0)) wake(); // nothing is left
    };
    await Promise.all(this.all.map(run));
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((speaker) => speaker.dispose()));
  }
}

/**
 * Does the work again when its worker has died meanwhile, which is replaced; after three deaths `giveUp` tells the result.
 * @throws what the work throws, and what the start of another worker throws.
 */
export async function outliving<T>(
  speaker: BatchSpeaker,
  work: () => Promise<T>,
  giveUp: (error: VoirsError) => T,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof VoirsError && error.code === 'WORKER_LOST' && speaker.restart)) throw error;
      await speaker.restart();
      if (attempt === ATTEMPTS) return giveUp(error);
    }
  }
}
