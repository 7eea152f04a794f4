// The one place that asks V8 to collect: periodic clean-ups do so when the host allows it, leak checks insist on it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let forced: (() => void) | undefined;

/** Collects when the host was started with --expose-gc. @returns whether it did. */
export function collectIfExposed(): boolean {
  if (!globalThis.gc) return false;
  void globalThis.gc();
  return true;
}

/** Collects even where --expose-gc was not given, by turning the flag on. @returns false where V8 refuses. */
export function forceCollection(): boolean {
  if (collectIfExposed()) return true;
  try {
    if (!forced) {
      // The flag counts for contexts made after it: the running one never sees `gc`.
      setFlagsFromString('--expose-gc');
      forced = runInNewContext('gc') as () => void;
    }
    forced();
    return true;
  } catch {
    return false;
  }
}
