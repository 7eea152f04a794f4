// Results worth keeping for the next equal request: least recently used, bounded by entries and by bytes, and told to
// let go of what it drops, so that the things it keeps may hold memory of their own (leases).

/** Bounds of a cache and what happens to what leaves it. */
export interface ResultCacheOptions<V> {
  /** Most entries; 0 keeps nothing. */
  maxEntries: number;
  /** Most bytes, by the sizes given to `set`; default: no limit. */
  maxBytes?: number;
  /** Called once with every value that leaves the cache, after its books are right again. */
  release?: (value: V) => void;
}

/** Figures of a cache. Hits, misses and evictions count from its making. */
export interface ResultCacheStats {
  entries: number;
  bytes: number;
  maxEntries: number;
  /** Absent: no limit. */
  maxBytes?: number;
  hits: number;
  misses: number;
  /** Entries dropped to make room; `clear` and `delete` do not count. */
  evictions: number;
  /** Hits per look-up, 0-1; absent before the first. */
  hitRate?: number;
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}

/** Values by key. What it returns stays the cache's: whoever keeps a value beyond the same tick retains it first. */
export class ResultCache<V> {
  /** In order of use, oldest first. */
  private readonly entries = new Map<string, Entry<V>>();
  private readonly release: (value: V) => void;
  private readonly maxEntries: number;
  private readonly maxBytes: number;
  private bytes = 0;
  private hits = 0;
  private misses = 0;
  private evictions = 0;

  constructor(options: ResultCacheOptions<V>) {
    this.maxEntries = options.maxEntries;
    this.maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY;
    this.release = options.release ?? (() => {});
  }

  get(key: string): V | undefined {
    const entry = this.entries.get(key);
    if (!entry) {
      this.misses++;
      return undefined;
    }
    this.hits++;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  /**
   * Keeps a value, in place of an older one of the same key, and drops the least recently used to make room.
   * @param bytes what the value costs, 0 or more.
   * @returns false when the value alone exceeds the bounds: it then stays the caller's and is not released here.
   */
  set(key: string, value: V, bytes: number): boolean {
    const dropped: V[] = [];
    const fits = this.maxEntries > 0 && bytes <= this.maxBytes;
    this.remove(key, dropped);
    if (fits) {
      this.entries.set(key, { value, bytes });
      this.bytes += bytes;
      this.evict(dropped);
    }
    dropped.forEach(this.release);
    return fits;
  }

  /** Drops one entry. @returns whether it was there. */
  delete(key: string): boolean {
    const dropped: V[] = [];
    this.remove(key, dropped);
    dropped.forEach(this.release);
    return dropped.length > 0;
  }

  /** Drops everything. @returns bytes given up. */
  clear(): number {
    const { bytes } = this;
    const dropped = [...this.entries.values()];
    this.entries.clear();
    this.bytes = 0;
    for (const { value } of dropped) this.release(value);
    return bytes;
  }

  /** Drops the least recently used until at most `bytes` are kept; the bounds stay. @returns bytes given up. */
  shrinkTo(bytes: number): number {
    const before = this.bytes;
    const dropped: V[] = [];
    this.evict(dropped, bytes);
    dropped.forEach(this.release);
    return before - this.bytes;
  }

  stats(): ResultCacheStats {
    const { entries, bytes, maxEntries, maxBytes, hits, misses, evictions } = this;
    return {
      entries: entries.size,
      bytes,
      maxEntries,
      ...(Number.isFinite(maxBytes) ? { maxBytes } : {}),
      hits,
      misses,
      evictions,
      ...(hits + misses > 0 ? { hitRate: hits / (hits + misses) } : {}),
    };
  }

  private remove(key: string, dropped: V[]): void {
    const entry = this.entries.get(key);
    if (!entry) return;
    this.entries.delete(key);
    this.bytes -= entry.bytes;
    dropped.push(entry.value);
  }

  private evict(dropped: V[], maxBytes = this.maxBytes): void {
    for (const key of this.entries.keys()) {
      if (this.entries.size <= this.maxEntries && this.bytes <= maxBytes) return;
      this.remove(key, dropped);
      this.evictions++;
    }
  }
}
