// Things that are costly to load and are held by many: loaded once, counted, freed when the last holder lets go.

/** How a shared thing comes and goes. */
export interface Lifecycle<T> {
  load(): Promise<T>;
  free(value: T): void | Promise<void>;
}

/** A hold on a shared thing. */
export interface SharedHold<T> {
  readonly value: T;
  /** How many hold it now. */
  holders(): number;
  /** Lets go; resolves when the thing has been freed, if this was the last hold. Calling it again is harmless. */
  release(): Promise<void>;
}

interface Entry<T> {
  value: Promise<T>;
  /** Once it is there. */
  loaded?: T;
  holders: number;
}

export class SharedMap<T> {
  private readonly entries = new Map<string, Entry<T>>();

  /** What is loaded and held now. */
  *values(): Generator<T> {
    for (const { loaded } of this.entries.values()) if (loaded !== undefined) yield loaded;
  }

  /** Loads on first use; a failed load is told to all who wait for it and tried again by the next. */
  async acquire(key: string, lifecycle: Lifecycle<T>): Promise<SharedHold<T>> {
    const entry = this.entries.get(key) ?? { value: lifecycle.load(), holders: 0 };
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
