// Pipelines that are made once and handed out in turn. An empty pool never makes its users wait for each
// other: it makes a temporary pipeline, warns, and disposes it when it is released.
import type { PipelineOptions } from '../config.js';
import { VoirsError } from '../errors.js';
import { type Listener, Listeners } from '../memory/listeners.js';
import { VoirsPipeline } from '../pipeline.js';
import { mustCount, type Reusable, refusePipelineOptions } from './speaker.js';

export interface PipelinePoolOptions extends PipelineOptions {
  /** Pipelines kept, 1 or more. Default 4. */
  size?: number;
}

/**
 * A full pool of pipelines of equal options. Those on one backend share its weights and its queue: more of
 * them make separate states, not more speed.
 * @throws VoirsError as `VoirsPipeline.create`.
 */
export async function createPipelinePool(options: PipelinePoolOptions = {}): Promise<PipelinePool> {
  refusePipelineOptions(options, 'createPipelinePool', ['size']);
  const { size, ...pipeline } = options;
  const create = () => VoirsPipeline.create(pipeline);
  return PipelinePool.fill({ create, ...(size === undefined ? {} : { size }) });
}

/** How a pool is filled. */
export interface PoolOptions<T extends Reusable> {
  /** Makes one; called `size` times to fill the pool, then for every temporary one. */
  create: () => Promise<T>;
  /** Kept for reuse, 1 or more. Default 4. */
  size?: number;
}

/** What a pool warns of. */
export type PoolWarning =
  /** All are in use, and a temporary one is made. */
  | { kind: 'exhausted'; size: number; temporaries: number }
  /** One could not be reset and was disposed; the next `acquire` makes another. */
  | { kind: 'discarded'; error: unknown };

export interface PoolStats {
  size: number;
  idle: number;
  /** In use, temporaries included. */
  inUse: number;
  /** Temporaries in use. */
  temporaries: number;
  acquired: number;
  released: number;
  temporariesMade: number;
}

/** Scoped use: `await using lease = await pool.lease()`. */
export interface PoolLease<T> extends AsyncDisposable {
  readonly item: T;
}

/** A pool of pipelines, or of anything that is used like them. Emits `warning` ({@link PoolWarning}). */
export class PipelinePool<T extends Reusable = VoirsPipeline> implements AsyncDisposable {
  private readonly listeners = new Listeners<PoolWarning>('warning');
  private readonly idle: T[] = [];
  private readonly inUse = new Set<T>();
  private readonly temporaries = new Set<T>();
  /** Idle, in use or being made, without temporaries. */
  private kept = 0;
  private acquired = 0;
  private released = 0;
  private temporariesMade = 0;
  private isClosed = false;

  private constructor(
    private readonly create: () => Promise<T>,
    private readonly size: number,
  ) {}

  /**
   * Calls the listener for every warning. What it throws becomes a warning of the process.
   * @throws VoirsError INVALID_OPTIONS.
   */
  on(event: 'warning', listener: Listener<PoolWarning>): this {
    this.listeners.on(event, listener);
    return this;
  }

  /** Takes a listener off. @throws VoirsError INVALID_OPTIONS. */
  off(event: 'warning', listener: Listener<PoolWarning>): this {
    this.listeners.off(event, listener);
    return this;
  }

  /**
   * Makes a full pool.
   * @throws VoirsError INVALID_OPTIONS, or what `create` throws, and keeps nothing then.
   */
  static async fill<T extends Reusable>(options: PoolOptions<T>): Promise<PipelinePool<T>> {
    const { create, size = 4 } = options;
    mustCount(size, 'The size of the pool');
    const pool = new PipelinePool(create, size);
    try {
      for (let i = 0; i < size; i++) pool.idle.push(await pool.makeKept());
    } catch (error) {
      await pool.cleanup();
      throw error;
    }
    return pool;
  }

  /**
   * Gives an idle one, or a temporary one; the caller releases it.
   * @throws VoirsError DISPOSED after `cleanup`.
   */
  async acquire(): Promise<T> {
    this.throwIfClosed();
    const item =
      this.idle.pop() ?? (this.kept < this.size ? await this.makeKept() : await this.makeTemporary());
    this.inUse.add(item);
    this.acquired++;
    if (this.isClosed) {
      // Cleaned up while this one was being made.
      await this.release(item);
      this.throwIfClosed();
    }
    return item;
  }

  /**
   * Takes one back: it is reset and kept, or disposed when it is temporary, when it cannot be reset, and when
   * the pool was cleaned up.
   * @throws VoirsError INVALID_OPTIONS for one that is not in use here (released twice, or another pool's).
   */
  async release(item: T): Promise<void> {
    if (!this.inUse.delete(item)) {
      throw new VoirsError('INVALID_OPTIONS', 'This is not in use from this pool', {
        suggestion: 'Release each once, to the pool it came from, or call use()',
      });
    }
    this.released++;
    if (this.temporaries.delete(item)) return item.dispose();
    try {
      if (!this.isClosed) await item.reset();
    } catch (error) {
      this.kept--;
      this.warn({ kind: 'discarded', error });
      return item.dispose();
    }
    if (!this.isClosed) {
      this.idle.push(item);
      return;
    }
    this.kept--;
    await item.dispose();
  }

  /**
   * Runs a task on one and releases it, also when the task fails.
   * @throws VoirsError DISPOSED, and what the task throws.
   */
  async use<R>(task: (item: T) => R | Promise<R>): Promise<R> {
    await using lease = await this.lease();
    return await task(lease.item);
  }

  /** Acquires one for a scope: its end releases it. @throws VoirsError DISPOSED. */
  async lease(): Promise<PoolLease<T>> {
    const item = await this.acquire();
    return { item, [Symbol.asyncDispose]: () => this.release(item) };
  }

  stats(): PoolStats {
    return {
      size: this.size,
      idle: this.idle.length,
      inUse: this.inUse.size,
      temporaries: this.temporaries.size,
      acquired: this.acquired,
      released: this.released,
      temporariesMade: this.temporariesMade,
    };
  }

  /** Disposes the idle now and those in use when they are released; after it nothing can be acquired. */
  async cleanup(): Promise<void> {
    this.isClosed = true;
    this.kept -= this.idle.length;
    await Promise.all(this.idle.splice(0).map((item) => item.dispose()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cleanup();
  }

  private async makeKept(): Promise<T> {
    this.kept++;
    try {
      return await this.create();
    } catch (error) {
      this.kept--;
      throw error;
    }
  }

  private async makeTemporary(): Promise<T> {
    this.temporariesMade++;
    this.warn({
      kind: 'exhausted',
      size: this.size,
      temporaries: this.temporaries.size + 1,
    });
    const item = await this.create();
    this.temporaries.add(item);
    return item;
  }

  private warn(warning: PoolWarning): void {
    this.listeners.emit(warning);
  }

  private throwIfClosed(): void {
    if (!this.isClosed) return;
    throw new VoirsError('DISPOSED', 'The pool was used after cleanup()', { suggestion: 'Fill a new one' });
  }
}
