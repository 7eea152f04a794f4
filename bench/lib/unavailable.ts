// What a bench gets in place of a missing tool: a reason to print.

/** Why something is missing, and what to do. */
export interface Unavailable {
  unavailable: string;
}

/** True where `value` is a reason in place of the tool. */
export function isUnavailable(value: unknown): value is Unavailable {
  return typeof value === 'object' && value !== null && 'unavailable' in value;
}
