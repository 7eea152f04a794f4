// One error type for the whole engine, so that a caller can act on a code and a person can act on the
// message.

/** What went wrong, for programs. */
export type VoirsErrorCode =
  | 'SYNTHESIS_FAILED'
  | 'VOICE_NOT_FOUND'
  | 'INVALID_SSML'
  | 'INVALID_OPTIONS'
  | 'INVALID_TEXT'
  | 'UNSUPPORTED_TEXT'
  | 'INVALID_WEIGHTS'
  | 'INVALID_AUDIO'
  | 'MEMORY_ERROR'
  | 'DEVICE_ERROR'
  | 'IO_ERROR'
  | 'ABORTED'
  | 'DISPOSED';

/** The facts of an error; `got` and `wanted` are short and printable. */
export interface VoirsErrorDetails {
  got?: string;
  wanted?: string;
  suggestion?: string;
  cause?: unknown;
}

/** Every error that voirs throws on purpose: `code`, `got`, `wanted` and `suggestion` beside the message. */
export class VoirsError extends Error {
  override readonly name = 'VoirsError';
  readonly code: VoirsErrorCode;
  readonly got: string | undefined;
  readonly wanted: string | undefined;
  readonly suggestion: string | undefined;

  constructor(code: VoirsErrorCode, what: string, details: VoirsErrorDetails = {}) {
    const parts = [what];
    if (details.got !== undefined) parts.push(`got ${details.got}`);
    if (details.wanted !== undefined) parts.push(`wanted ${details.wanted}`);
    const message = parts.join('; ') + (details.suggestion ? `. ${details.suggestion}` : '');
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.got = details.got;
    this.wanted = details.wanted;
    this.suggestion = details.suggestion;
  }

  /** What `--json` prints: no stack, no machine paths. */
  toJSON(): { code: VoirsErrorCode; message: string; got?: string; wanted?: string; suggestion?: string } {
    return {
      code: this.code,
      message: this.message,
      ...(this.got === undefined ? {} : { got: this.got }),
      ...(this.wanted === undefined ? {} : { wanted: this.wanted }),
      ...(this.suggestion === undefined ? {} : { suggestion: this.suggestion }),
    };
  }
}

/** @throws VoirsError ABORTED once the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  throw new VoirsError('ABORTED', 'The synthesis was aborted by its signal', { cause: signal.reason });
}

/** Characters of a value that a message shows. */
const MOST_SHOWN = 80;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** Any value in at most 80 printable characters, control characters escaped; never throws. For `got`. */
export function shown(value: unknown): string {
  let text: string;
  try {
    text = written(value);
  } catch {
    text = Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`; // circular, or a getter throws
  }
  text = text.replace(UNPRINTABLE, (char) => `\\u{${char.codePointAt(0)!.toString(16)}}`);
  if (text.length <= MOST_SHOWN) return text;
  return `${text.slice(0, MOST_SHOWN - 3).replace(/[\uD800-\uDBFF]$/, '')}...`;
}

function written(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 2 * MOST_SHOWN));
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 2 * MOST_SHOWN);
  if (Array.isArray(value) && value.length > MOST_SHOWN) return `an array of ${value.length}`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value) || prototype === Object.prototype || prototype === null)
    return JSON.stringify(value) ?? 'an object';
  return `an object of class ${(prototype as object).constructor.name.slice(0, MOST_SHOWN)}`;
}

/** The one of `known` that `name` is probably a slip of; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const given = name.slice(0, MOST_SHOWN).toLowerCase();
  const [nearest] = known
    .map((candidate) => ({ candidate, edits: editDistance(given, candidate.toLowerCase()) }))
    .filter(({ candidate, edits }) => edits <= Math.ceil(candidate.length / 3))
    .sort((a, b) => a.edits - b.edits);
  return nearest?.candidate;
}

/** Letters to insert, delete or replace (Levenshtein 1966). */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i);
  for (let i = 0; i < one.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < other.length; j++)
      next.push(Math.min(row[j]! + (one[i] === other[j] ? 0 : 1), row[j + 1]! + 1, next[j]! + 1));
    row = next;
  }
  return row.at(-1)!;
}

/**
 * Refuses a value outside a list of names, and suggests the nearest.
 * @param what names the value in the message: "preset", "option of mix".
 * @throws VoirsError INVALID_OPTIONS.
 */
export function refuseOtherThan(known: readonly string[], value: unknown, what: string): void {
  if (typeof value === 'string' && known.includes(value)) return;
  const nearest = typeof value === 'string' ? nearestName(value, known) : undefined;
  throw new VoirsError('INVALID_OPTIONS', `Unknown ${what}`, {
    got: shown(value),
    wanted: known.length > 0 ? `one of ${known.join(', ')}` : 'none',
    ...(nearest === undefined ? {} : { suggestion: `Did you mean ${nearest}?` }),
  });
}

/** The names of an options type, for {@link refuseUnknown}; the compiler keeps the list complete. */
export function optionNames<T>(names: Record<keyof T, true>): readonly string[] {
  return Object.keys(names);
}

/**
 * Refuses options that are no object, and own keys that are not in `known`.
 * @param where whose options they are: "mix".
 * @throws VoirsError INVALID_OPTIONS with the nearest known name.
 */
export function refuseUnknown(options: unknown, known: readonly string[], where: string): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new VoirsError('INVALID_OPTIONS', `The options of ${where} are not an object`, {
      got: shown(options),
    });
  }
  for (const key of Object.keys(options)) refuseOtherThan(known, key, `option of ${where}`);
}

/** Refuses callbacks, by name, that are neither functions nor absent. @throws VoirsError INVALID_OPTIONS. */
export function refuseNonFunctions(callbacks: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(callbacks)) {
    if (value === undefined || typeof value === 'function') continue;
    throw new VoirsError('INVALID_OPTIONS', `${name} is not a function`, { got: shown(value) });
  }
}
