// Many texts to many buffers, in order, in batches: progress after each, memory given back every few.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import { VoirsError } from '../errors.js';
import { CleanupSchedule } from '../memory/reusable.js';
import type { SynthesisOptions } from '../options.js';
import { checkTexts, openSpeaker, type SpeakerSource } from './speaker.js';

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
