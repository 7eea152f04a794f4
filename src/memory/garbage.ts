// The one place that asks V8 to collect garbage: periodic clean-ups do so where the host allows it, leak
// checks turn the permission on.
import { host } from '../host/host.js';

/** Collects when the host was started with --expose-gc. @returns whether it did. */
export function collectIfExposed(): boolean {
  if (!globalThis.gc) return false;
  void globalThis.gc();
  return true;
}

/**
 * Collects even where --expose-gc was not given, by turning the flag on.
 * @returns false where the host refuses.
 */
export function forceCollection(): boolean {
  if (collectIfExposed()) return true;
  const collect = host.memory.collector();
  collect?.();
  return collect !== undefined;
}
