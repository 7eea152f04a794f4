// What a pipeline tells of its backend.
import type { BackendHold } from './registry.js';

/** A backend as it is now. */
export interface BackendInfo {
  name: string;
  /** Threads that compute now. */
  threads: number;
  /** Why they are fewer than were asked for. */
  threadsReason?: string;
  /** Packages and features. */
  versions: Readonly<Record<string, string>>;
  /** Why it was chosen, where none was named. */
  choice?: string;
}

export function backendInfo({ backend, choice, threadsReason }: BackendHold): BackendInfo {
  const { name, threads, versions } = backend;
  const reason = threadsReason();
  return {
    ...{ name, threads, versions },
    ...(reason === undefined ? {} : { threadsReason: reason }),
    ...(choice === undefined ? {} : { choice }),
  };
}
