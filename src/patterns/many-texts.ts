// Many texts to many buffers, in order, in batches: progress after each, memory given back every few.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import type { PipelineOptions, SynthesisOptions } from '../config.js';
import { VoirsError } from '../errors.js';
import { VoirsPipeline } from '../pipeline.js';
import {
  CleanupSchedule,
  checkTexts,
  cleanUp,
  openSpeaker,
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
  /** For every text. */
  synthesis?: SynthesisOptions;
}

/**
 * Speaks all texts; result i is text i's. All results are held at once, within the pipeline's memory limit: where that
 * is too much, `streamingSynthesize` gives them one by one. When one fails, the buffers made so far are disposed.
 * @throws VoirsError INVALID_OPTIONS, and whatever synthesis throws.
 */
export async function batchSynthesize(
  texts: Iterable<string>,
  options: BatchOptions = {},
): Promise<AudioBuffer[]> {
  const { batchSize = 10, onProgress, synthesis, ...source } = options;
  checkTexts(texts, [Symbol.iterator]);
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new VoirsError('INVALID_OPTIONS', 'batchSize is out of range', {
      got: String(batchSize),
      wanted: 'an integer of 1 or more',
    });
  }
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

// Any number of texts, one at a time: the next is asked for when the consumer asks, so that memory stays flat however
// many there are.

export interface StreamingOptions extends SpeakerSource {
  /** Texts between resets, 1 or more. Default 50. */
  resetEvery?: number;
  /** For every text. */
  synthesis?: SynthesisOptions;
}

/**
 * Speaks texts as they are asked for; each buffer is the consumer's to dispose. Nothing is loaded before the first is
 * asked for. Leaving the loop closes the source and frees a pipeline of its own.
 * @throws VoirsError INVALID_OPTIONS at once, and in the loop whatever synthesis throws.
 */
export function streamingSynthesize(
  texts: Iterable<string> | AsyncIterable<string>,
  options: StreamingOptions = {},
): AsyncGenerator<AudioBuffer, void, undefined> {
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
    // When the consumer is back: by then it has let go of what it got.
    schedule.used();
    await schedule.cleanUpWhenDue(scope.speaker);
  }
}

// One pipeline for many texts, cleaned up after every so many of them.

export interface OptimizedTTSOptions extends SpeakerSource {
  /** Syntheses between clean-ups, 1 or more. Default 100. */
  cleanupThreshold?: number;
}

export class OptimizedTTS implements AsyncDisposable {
  private constructor(
    private readonly scope: AsyncDisposable & { speaker: Speaker },
    private readonly schedule: CleanupSchedule,
  ) {}

  /** @throws VoirsError INVALID_OPTIONS, and whatever creating a pipeline throws. */
  static async create(options: OptimizedTTSOptions = {}): Promise<OptimizedTTS> {
    const { cleanupThreshold = 100, ...source } = options;
    const schedule = new CleanupSchedule(cleanupThreshold);
    return new OptimizedTTS(await openSpeaker(source), schedule);
  }

  async synthesize(text: string, options?: SynthesisOptions): Promise<AudioBuffer> {
    const audio = await this.scope.speaker.synthesize(text, options);
    this.schedule.used();
    try {
      await this.schedule.cleanUpWhenDue(this.scope.speaker);
    } catch (error) {
      audio.dispose(); // nobody will
      throw error;
    }
    return audio;
  }

  /** Drops caches and returns pooled memory now. */
  cleanup(): Promise<void> {
    return cleanUp(this.scope.speaker);
  }

  /** Frees a pipeline of its own; the caller's stays alive. */
  async dispose(): Promise<void> {
    await this.scope[Symbol.asyncDispose]();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

// A pipeline for the length of one scope: reset and disposed at its end, however it ends.

/** A pipeline of the scope's own, disposed after the reset. */
export async function managedPipeline<T>(
  work: (pipeline: VoirsPipeline) => T | Promise<T>,
  options: PipelineOptions = {},
): Promise<T> {
  await using pipeline = await VoirsPipeline.create(options);
  return await resetAfter(pipeline, work);
}

/** The caller's pipeline, reset at the end and left alive. The work's own error comes before one of the reset. */
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
