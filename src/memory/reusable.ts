// What the patterns of this room need to know of the things they hold, whatever those are.
import { VoirsError } from '../errors.js';
import { collectIfExposed } from './garbage.js';

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
