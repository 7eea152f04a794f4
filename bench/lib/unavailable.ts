// What a bench gets instead of a tool that cannot be had here: a reason to print, never a silent gap.

/** Why something is missing, in words that say what to do. */
export interface Unavailable {
  unavailable: string;
}

/** True where `value` is a reason instead of the thing asked for. */
export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === 'object' && value !== null && 'unavailable' in value;
}
