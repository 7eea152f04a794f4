// Finished speech kept for the next equal request, in an arena of its own so that the audio layer counts only what
// callers hold: a hit is a copy, which its caller may change and dispose as any other result.
import { AudioBuffer } from './audio/audio-buffer.js';
import type { Timeline } from './audio/timeline.js';
import { VoirsError } from './errors.js';
import { Arena, type Lease, MIN_BLOCK } from './memory/arena.js';
import { ResultCache, type ResultCacheStats } from './memory/result-cache.js';

/** Everything about a call that changes its sound. The rest (voice set, backend, configuration, lexicon) is fixed for
 * the life of a pipeline, and so of its cache; noise depends on the sample's index alone. */
export interface SpokenRequest {
  text: string;
  input: string;
  /** The voice that speaks, named by the call or set before it. */
  voice: string;
  speakingRate: number;
  pitchShift: number;
  /** Factor on all samples. */
  gain: number;
}

interface Kept {
  /** The samples, cut into blocks that the arena has in just that size. */
  pieces: readonly Lease[];
  sampleRate: number;
  channels: number;
  length: number;
  /** As JSON: nobody can change it, and its size is known. */
  timeline: string;
}

export interface SynthesisCacheOptions {
  /** Most results; 0 keeps none. */
  maxEntries: number;
  /** Most bytes, all told. */
  maxBytes: number;
}

function keyOf({ voice, input, speakingRate, pitchShift, gain, text }: SpokenRequest): string {
  return JSON.stringify([voice, input, speakingRate, pitchShift, gain, text]);
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
  take(request: SpokenRequest, arena: Arena): AudioBuffer | undefined {
    const kept = this.results.get(keyOf(request));
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
  keep(request: SpokenRequest, audio: AudioBuffer): { entries: number; bytes: number } {
    const { samples, sampleRate, channels } = audio;
    const before = this.results.stats();
    const blocks = blocksOf(samples.length);
    const timeline = JSON.stringify(audio.timeline);
    const key = keyOf(request);
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
