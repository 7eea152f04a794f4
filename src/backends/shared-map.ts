// Shares values that are costly to load: each is loaded once, its holders are counted, and the last release
// frees it.

/** How a shared value is loaded and freed. */
export interface Lifecycle<T> {
  load(): Promise<T>;
  free(value: T): void | Promise<void>;
  /** Whether a value is of no use to new holders, who then load another; its own holders keep it. */
  isLost?(value: T): boolean;
}

/** A hold on a shared value. */
export interface SharedHold<T> {
  readonly value: T;
  /** Present number of holders. */
  holders(): number;
  /**
   * Releases the hold; resolves when the value has been freed, if this was the last. A second call does
   * nothing.
   */
  release(): Promise<void>;
}

interface Entry<T> {
  value: Promise<T>;
  /** Set once it is loaded. */
  loaded?: T;
  holders: number;
}

/** Shared values by key. */
export class SharedMap<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** The values that are loaded and held now. */
  *values(): Generator<T> {
    for (const { loaded } of this.entries.values()) if (loaded !== undefined) yield loaded;
  }

  /**
   * Loads on first use. A failed load rejects for every caller that waits for it; the next call tries again.
   */
  async acquire(key: string, lifecycle: Lifecycle<T>): Promise<SharedHold<T>> {
    const known = this.entries.get(key);
    const isLost = known?.loaded !== undefined && lifecycle.isLost?.(known.loaded) === true;
    const entry: Entry<T> = known && !isLost ? known : { value: lifecycle.load(), holders: 0 };
    this.entries.set(key, entry);
    entry.holders++;
    let isHeld = true;
    const release = async (): Promise<void> => {
      if (!isHeld) return;
      isHeld = false;
      if (--entry.holders > 0) return;
      if (this.entries.get(key) === entry) this.entries.delete(key);
      await lifecycle.free(await entry.value);
    };
    try {
      entry.loaded = await entry.value;
      return { value: entry.loaded, holders: () => entry.holders, release };
    } catch (error) {
      entry.holders--;
      if (this.entries.get(key) === entry) this.entries.delete(key);
      throw error;
    }
  }
}
