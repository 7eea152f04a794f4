// Speaks many texts with one pipeline and gives memory back between them: in batches, as a lazy stream, by a
// speaker that cleans up on schedule, and by a pipeline for the length of one scope.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import type { PipelineOptions, SynthesisOptions } from '../config.js';
import { optionNames, refuseNonFunctions } from '../errors.js';
import { VoirsPipeline } from '../pipeline.js';
import {
  CleanupSchedule,
  checkTexts,
  cleanUp,
  mustCount,
  openSpeaker,
  refusePipelineOptions,
  refuseSourceOptions,
  type Speaker,
  type SpeakerSource,
} from './speaker.js';

/** Batches between resets. */
const RESET_EVERY = 5;

export interface BatchProgress {
  /** Batches done, from 1. */
  batch: number;
  batches: number;
  /** Texts done. */
  done: number;
  total: number;
}

export interface BatchOptions extends SpeakerSource {
  /** Texts per batch, 1 or more. Default 10. */
  batchSize?: number;
  /** Called after each batch. */
  onProgress?: (progress: BatchProgress) => void;
  /** Options of each synthesis. */
  synthesis?: SynthesisOptions;
}

type Own<T> = Omit<T, keyof SpeakerSource>;
const BATCH_OPTIONS = optionNames<Own<BatchOptions>>({ batchSize: true, onProgress: true, synthesis: true });

/**
 * Speaks all texts; result i is text i's. All results are held at once, within the pipeline's memory limit;
 * `streamingSynthesize` gives them one by one. When one fails, the buffers made so far are disposed.
 * @throws VoirsError INVALID_OPTIONS, and what synthesis throws.
 */
export async function batchSynthesize(
  texts: Iterable<string>,
  options: BatchOptions = {},
): Promise<AudioBuffer[]> {
  refuseSourceOptions(options, 'batchSynthesize', BATCH_OPTIONS);
  const { batchSize = 10, onProgress, synthesis, ...source } = options;
  checkTexts(texts, [Symbol.iterator]);
  mustCount(batchSize, 'batchSize');
  refuseNonFunctions({ onProgress });
  const all = [...texts];
  const results: AudioBuffer[] = [];
  if (all.length === 0) return results;
  const schedule = new CleanupSchedule(RESET_EVERY);
  const batches = Math.ceil(all.length / batchSize);
  await using scope = await openSpeaker(source);
  try {
    for (let batch = 1; batch <= batches; batch++) {
      for (const text of all.slice((batch - 1) * batchSize, batch * batchSize))
        results.push(await scope.speaker.synthesize(text, synthesis));
      schedule.used();
      await schedule.cleanUpWhenDue(scope.speaker);
      onProgress?.({ batch, batches, done: results.length, total: all.length });
    }
    return results;
  } catch (error) {
    for (const audio of results) audio.dispose();
    throw error;
  }
}

export interface StreamingOptions extends SpeakerSource {
  /** Texts between resets, 1 or more. Default 50. */
  resetEvery?: number;
  /** Options of each synthesis. */
  synthesis?: SynthesisOptions;
}

const STREAMING_OPTIONS = optionNames<Own<StreamingOptions>>({ resetEvery: true, synthesis: true });

/**
 * Speaks texts one at a time, each when the consumer asks for it, so that memory does not depend on how many
 * there are. The consumer disposes each buffer. Nothing is loaded before the first is asked for. Leaving the
 * loop closes the source and frees a pipeline of its own.
 * @throws VoirsError INVALID_OPTIONS at once, and in the loop what synthesis throws.
 */
export function streamingSynthesize(
  texts: Iterable<string> | AsyncIterable<string>,
  options: StreamingOptions = {},
): AsyncGenerator<AudioBuffer, void, undefined> {
  refuseSourceOptions(options, 'streamingSynthesize', STREAMING_OPTIONS);
  const { resetEvery = 50, synthesis, ...source } = options;
  checkTexts(texts, [Symbol.iterator, Symbol.asyncIterator]);
  return speakEach(texts, new CleanupSchedule(resetEvery), synthesis, source);
}

async function* speakEach(
  texts: Iterable<string> | AsyncIterable<string>,
  schedule: CleanupSchedule,
  synthesis: SynthesisOptions | undefined,
  source: SpeakerSource,
): AsyncGenerator<AudioBuffer, void, undefined> {
  await using scope = await openSpeaker(source);
  for await (const text of texts) {
    yield await scope.speaker.synthesize(text, synthesis);
    // Only when the consumer asks for the next: by then it has disposed of the last one.
    schedule.used();
    await schedule.cleanUpWhenDue(scope.speaker);
  }
}

export interface OptimizedTTSOptions extends SpeakerSource {
  /** Syntheses between clean-ups, 1 or more. Default 100. */
  cleanupThreshold?: number;
}

const OPTIMIZED_OPTIONS = optionNames<Own<OptimizedTTSOptions>>({ cleanupThreshold: true });

/** One pipeline for many texts, cleaned up after every so many of them. */
export class OptimizedTTS implements AsyncDisposable {
  private constructor(
    private readonly scope: AsyncDisposable & { speaker: Speaker },
    private readonly schedule: CleanupSchedule,
  ) {}

  /** @throws VoirsError INVALID_OPTIONS, and what creating a pipeline throws. */
  static async create(options: OptimizedTTSOptions = {}): Promise<OptimizedTTS> {
    refuseSourceOptions(options, 'OptimizedTTS', OPTIMIZED_OPTIONS);
    const { cleanupThreshold = 100, ...source } = options;
    const schedule = new CleanupSchedule(cleanupThreshold);
    return new OptimizedTTS(await openSpeaker(source), schedule);
  }

  /** As `VoirsPipeline.synthesize`, with a clean-up when it is due. */
  async synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    const audio = await this.scope.speaker.synthesize(text, options);
    this.schedule.used();
    try {
      await this.schedule.cleanUpWhenDue(this.scope.speaker);
    } catch (error) {
      audio.dispose(); // the caller never gets it
      throw error;
    }
    return audio;
  }

  /** Drops caches and returns pooled memory now. */
  cleanup(): Promise<void> {
    return cleanUp(this.scope.speaker);
  }

  /** Frees a pipeline that it made itself; the caller's stays alive. */
  async dispose(): Promise<void> {
    await this.scope[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

/**
 * Runs `work` with a pipeline of its own, which is reset and disposed at the end, also when the work fails.
 * @throws VoirsError as `VoirsPipeline.create`; what the work throws comes before an error of the clean-up.
 */
export async function managedPipeline<T>(
  work: (pipeline: VoirsPipeline) => T | Promise<T>,
  options: PipelineOptions = {},
): Promise<T> {
  refuseNonFunctions({ work: work ?? null });
  refusePipelineOptions(options, 'managedPipeline');
  await using pipeline = await VoirsPipeline.create(options);
  return await resetAfter(pipeline, work);
}

/**
 * Runs `work` with the caller's pipeline, which is reset at the end and left alive; its error comes before
 * the reset's.
 */
export async function resetAfter<P extends Pick<Speaker, 'reset'>, T>(
  pipeline: P,
  work: (pipeline: P) => T | Promise<T>,
): Promise<T> {
  let value: T;
  try {
    value = await work(pipeline);
  } catch (error) {
    await cleanUp(pipeline).catch(() => {});
    throw error;
  }
  await cleanUp(pipeline);
  return value;
}
