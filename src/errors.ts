// One error type for the whole engine, so that a caller can act on a code and a person can act on the message.

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
