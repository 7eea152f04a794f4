// Finds objects that should have been collected and were not: it tracks them weakly, with the place where
// tracking began, and lists those that are alive after a collection.
import { optionNames, refuseNonFunctions, refuseUnknown, shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';
import { forceCollection } from '../memory/garbage.js';

export interface TrackOptions {
  /** What the object is for, in reports. */
  label?: string;
  /** Called when the object has been collected. */
  onCollected?: () => void;
}

/** An object that is still alive. */
export interface Survivor {
  /** Name of its class. */
  type: string;
  label?: string;
  /** Stack of the `track` call, innermost frame first. */
  createdAt: string;
}

export interface LeakReport {
  /** Whether a collection could be forced; without one, survivors may merely not have been collected yet. */
  wasForced: boolean;
  survivors: Survivor[];
  /** Survivors by class and place. */
  groups: { type: string; createdAt: string; count: number }[];
  /** Objects collected since the detector was made. */
  collected: number;
}

const OPTIONS = optionNames<TrackOptions>({ label: true, onCollected: true });

interface Tracked extends Survivor {
  /** Never the object itself, which this record must not keep alive. */
  readonly reference: WeakRef<object>;
  readonly onCollected: (() => void) | undefined;
}

/** Most collections tried: the finalizers of one round may free what the next collects. */
const ROUNDS = 5;

export class LeakDetector {
  private readonly tracked = new Set<Tracked>();
  private readonly registry = new FinalizationRegistry<Tracked>((record) => this.gone(record));
  private collected = 0;

  /** Watches an object without keeping it alive. @returns the object. @throws VoirsError INVALID_OPTIONS. */
  track<T extends object>(object: T, options: TrackOptions = {}): T {
    refuseUnknown(options, OPTIONS, 'track');
    refuseNonFunctions({ onCollected: options.onCollected });
    if (!['object', 'function'].includes(typeof object) || object === null)
      throw new VoirsError('INVALID_OPTIONS', 'Only objects can be tracked', { got: shown(object) });
    const record: Tracked = {
      type: object.constructor?.name || 'Object',
      ...(options.label === undefined ? {} : { label: options.label }),
      createdAt: creationSite(LeakDetector.prototype.track),
      reference: new WeakRef(object),
      onCollected: options.onCollected,
    };
    this.tracked.add(record);
    this.registry.register(object, record, object);
    return object;
  }

  /** Stops watching an object that is meant to live on. */
  untrack(object: object): void {
    this.registry.unregister(object);
    for (const record of this.tracked) if (record.reference.deref() === object) this.tracked.delete(record);
  }

  /** Objects watched and not yet collected. */
  get size(): number {
    return this.tracked.size;
  }

  /** Forces a collection where it can, waits for finalizers, and lists the objects that are still alive. */
  async checkLeaks(): Promise<LeakReport> {
    let wasForced = false;
    for (let round = 0; round < ROUNDS && this.tracked.size > 0; round++) {
      await host.nextTask(); // an object touched in this tick is held until its end
      wasForced = forceCollection() || wasForced;
      await host.nextTask(); // finalizers run as tasks of their own
    }
    const survivors: Survivor[] = [];
    for (const record of this.tracked) {
      if (record.reference.deref() === undefined) continue; // collected; its finalizer has not run yet
      const { type, label, createdAt } = record;
      survivors.push({ type, ...(label === undefined ? {} : { label }), createdAt });
    }
    return { wasForced, survivors, groups: grouped(survivors), collected: this.collected };
  }

  private gone(record: Tracked): void {
    this.tracked.delete(record);
    this.collected++;
    record.onCollected?.();
  }
}

/** The stack above `caller`, as text: an error object would keep the frames' receivers alive. */
function creationSite(caller: (...args: never[]) => unknown): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, caller);
  return (holder.stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim().replace(/^at /, ''))
    .join('\n');
}

function grouped(survivors: readonly Survivor[]): LeakReport['groups'] {
  const groups = new Map<string, LeakReport['groups'][number]>();
  for (const { type, createdAt } of survivors) {
    const key = `${type}\n${createdAt}`;
    const group = groups.get(key) ?? { type, createdAt, count: 0 };
    group.count++;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
