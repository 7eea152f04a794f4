// Finished speech kept for the next equal request, in an arena of its own so that the audio layer counts only what
// callers hold: a hit is a copy, which its caller may change and dispose as any other result.
import { AudioBuffer } from '../audio/audio-buffer.js';
import type { Timeline } from '../audio/timeline.js';
import { VoirsError } from '../errors.js';
import { Arena, type Lease, MIN_BLOCK } from '../memory/arena.js';
import type { ResultCacheStats } from '../memory/report.js';
import type { Call } from './call.js';

interface Kept {
  /** The samples, cut into blocks that the arena has in just that size. */
  pieces: readonly Lease[];
  sampleRate: number;
  channels: number;
  length: number;
  /** As JSON: no caller can change it, and its size is known. */
  timeline: string;
}

export interface SynthesisCacheOptions {
  /** Most results; 0 keeps none. */
  maxEntries: number;
  /** Most bytes, all told. */
  maxBytes: number;
}

/**
 * What the cache knows a call by: all about it that changes its sound. The rest (voice set, backend, configuration,
 * the pipeline's lexicon) is fixed for the life of a pipeline, and so of its cache; noise depends on the sample's
 * index alone.
 */
export function keyOf(text: string, { speaker, input, reading, ...rest }: Call): string {
  const { strictSsml, lexicon, prosody, intonation, gain } = rest;
  return JSON.stringify([speaker.id, input, reading, strictSsml, lexicon, prosody, intonation, gain, text]);
}

/** Cuts a length into powers of two, largest first; the last block may be filled in part. */
function blocksOf(length: number): number[] {
  let rest = Math.ceil(length / MIN_BLOCK) * MIN_BLOCK;
  const blocks: number[] = [];
  while (rest > 0) {
    const block = 2 ** Math.floor(Math.log2(rest));
    blocks.push(block);
    rest -= block;
  }
  return blocks;
}

/** The least recently asked for goes first, by count and by bytes. */
export class SynthesisCache {
  private readonly store: Arena;
  private readonly results: ResultCache<Kept>;

  constructor({ maxEntries, maxBytes }: SynthesisCacheOptions) {
    this.store = new Arena({ capBytes: maxBytes, zeroes: 'blocks' });
    this.results = new ResultCache<Kept>({
      maxEntries,
      maxBytes,
      release: ({ pieces }) => releaseAll(pieces),
    });
  }

  /** A copy of the result, leased in `arena`. @throws VoirsError MEMORY_ERROR when that is full. */
  take(key: string, arena: Arena): AudioBuffer | undefined {
    const kept = this.results.get(key);
    if (!kept) return undefined;
    for (const piece of kept.pieces) piece.retain(); // making room for the copy may drop this very entry
    try {
      const lease = arena.lease(kept.length);
      let at = 0;
      for (const { samples } of kept.pieces) {
        lease.samples.set(samples.subarray(0, kept.length - at), at);
        at += samples.length;
      }
      return new AudioBuffer(lease, kept.sampleRate, JSON.parse(kept.timeline) as Timeline, kept.channels);
    } finally {
      releaseAll(kept.pieces);
    }
  }

  /** Keeps a copy, if it fits at all. @returns what had to go for it. */
  keep(key: string, audio: AudioBuffer): { entries: number; bytes: number } {
    const { samples, sampleRate, channels } = audio;
    const before = this.results.stats();
    const blocks = blocksOf(samples.length);
    const timeline = JSON.stringify(audio.timeline);
    const bytes = blocks.reduce((sum, block) => sum + block * 4, 0) + 2 * (key.length + timeline.length);
    if (before.maxEntries === 0 || bytes > before.maxBytes!) return { entries: 0, bytes: 0 };
    this.results.delete(key);
    this.results.shrinkTo(before.maxBytes! - bytes);
    const pieces = this.lease(blocks);
    if (pieces) {
      let at = 0;
      for (const piece of pieces) {
        piece.samples.set(samples.subarray(at, at + piece.samples.length));
        at += piece.samples.length;
      }
      this.results.set(key, { pieces, sampleRate, channels, length: samples.length, timeline }, bytes);
    }
    const after = this.results.stats();
    return {
      entries: after.evictions - before.evictions,
      bytes: Math.max(0, before.bytes + bytes - after.bytes),
    };
  }

  /** Drops everything. @returns bytes given up. */
  clear(): number {
    const bytes = this.results.clear();
    this.store.releaseFreeSlabs();
    return bytes;
  }

  stats(): ResultCacheStats {
    return this.results.stats();
  }

  /** Leases in the cache's own arena; older results go until the blocks fit. */
  private lease(blocks: number[]): Lease[] | undefined {
    for (;;) {
      const pieces: Lease[] = [];
      try {
        for (const block of blocks) pieces.push(this.store.lease(block));
        return pieces;
      } catch (error) {
        releaseAll(pieces);
        if (!(error instanceof VoirsError) || error.code !== 'MEMORY_ERROR') throw error;
        const { bytes } = this.results.stats();
        if (this.results.shrinkTo(bytes - 1) === 0) return undefined; // too scattered, or nothing left to drop
      }
    }
  }
}

function releaseAll(leases: readonly Lease[]): void {
  for (const lease of leases) lease.release();
}

/** Bounds of a cache and what happens to what leaves it. */
export interface ResultCacheOptions<V> {
  /** Most entries; 0 keeps nothing. */
  maxEntries: number;
  /** Most bytes, by the sizes given to `set`; default: no limit. */
  maxBytes?: number;
  /** Called once with every value that leaves the cache, after its books are right again. */
  release?: (value: V) => void;
}

interface Entry<V> {
  readonly value: V;
  readonly bytes: number;
}

/**
 * Values by key: the least recently used go first, bounded by entries and by bytes. What it returns stays the cache's: a
 * caller that keeps a value beyond the same tick retains it first.
 */
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
