// What the services here need of a pipeline, and whether it is theirs or the caller's.

import type { PipelineOptions } from '../config.js';
import { VoirsError } from '../errors.js';
import { collectIfExposed } from '../memory/garbage.js';
import { VoirsPipeline } from '../pipeline.js';

/** The part of VoirsPipeline that the services use. */
export type Speaker = Pick<VoirsPipeline, 'synthesize' | 'reset' | 'dispose'>;

/** Makes a speaker; default: `VoirsPipeline.create`. */
export type SpeakerFactory = (options: PipelineOptions) => Promise<Speaker>;

export const createPipeline: SpeakerFactory = (options) => VoirsPipeline.create(options);

/** Where a service gets its speaker. */
export interface SpeakerSource extends PipelineOptions {
  /** Speaks with this one, which stays the caller's; the other options are then not for it. Default: one of its own. */
  pipeline?: Speaker;
  create?: SpeakerFactory;
}

/** A speaker, and how its scope ends: an own one is disposed, the caller's is left alive. */
export async function openSpeaker(source: SpeakerSource): Promise<AsyncDisposable & { speaker: Speaker }> {
  const { pipeline, create = createPipeline, ...options } = source;
  if (pipeline) return { speaker: pipeline, [Symbol.asyncDispose]: async () => {} };
  const speaker = await create(options);
  return { speaker, [Symbol.asyncDispose]: async () => speaker.dispose() };
}

/**
 * @param kinds how the texts may be iterated.
 * @throws VoirsError INVALID_OPTIONS, also for a single string, whose characters would be taken for texts.
 */
export function checkTexts(texts: unknown, kinds: readonly symbol[]): void {
  if (typeof texts === 'object' && texts !== null && kinds.some((kind) => kind in texts)) return;
  throw new VoirsError('INVALID_OPTIONS', 'texts is not a list of texts', {
    got: typeof texts,
    wanted: 'an iterable of strings',
    suggestion: 'For one text use synthesize()',
  });
}

// What the patterns of this room need to know of the things they hold, whatever those are.

/** Something costly that is used many times. */
export interface Reusable {
  /** Drops caches and returns pooled memory; it stays usable. */
  reset(): void | Promise<void>;
  /** Frees it; calling it again is harmless. */
  dispose(): void | Promise<void>;
}

/** Resets, and collects garbage where the host allows it: the clean-up that every pattern does. */
export async function cleanUp(target: Pick<Reusable, 'reset'>): Promise<void> {
  await target.reset();
  collectIfExposed();
}

/** Counts uses and says when a clean-up is due. */
export class CleanupSchedule {
  private uses = 0;

  /** @param every uses between clean-ups, 1 or more. @throws VoirsError INVALID_OPTIONS. */
  constructor(readonly every: number) {
    if (Number.isInteger(every) && every >= 1) return;
    throw new VoirsError('INVALID_OPTIONS', 'The clean-up interval is out of range', {
      got: String(every),
      wanted: 'an integer of 1 or more',
    });
  }

  /** Counts one use. */
  used(): void {
    this.uses++;
  }

  get isDue(): boolean {
    return this.uses >= this.every;
  }

  /** Cleans up when it is due, and begins to count anew. @returns whether it did. */
  async cleanUpWhenDue(target: Pick<Reusable, 'reset'>): Promise<boolean> {
    if (!this.isDue) return false;
    this.uses = 0;
    await cleanUp(target);
    return true;
  }
}
