// Errors on their way out of a worker: a structured clone keeps an error's message and loses its class and its fields,
// which programs act on.
import { VoirsError, type VoirsErrorCode } from '../errors.js';

/** An error as plain data. */
export interface PlainError {
  name: string;
  message: string;
  stack: string | undefined;
  /** Of a VoirsError. */
  code?: VoirsErrorCode;
  got?: string | undefined;
  wanted?: string | undefined;
  suggestion?: string | undefined;
  cause?: PlainError;
}

/** Errors behind one another that cross. */
const MOST_CAUSES = 5;

/** Any thrown value as plain data; never throws. */
export function plainError(thrown: unknown, depth = 0): PlainError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown), stack: undefined };
  const { name, message, stack, cause } = thrown;
  const behind = cause === undefined || depth === MOST_CAUSES ? {} : { cause: plainError(cause, depth + 1) };
  if (!(thrown instanceof VoirsError)) return { name, message, stack, ...behind };
  const { code, got, wanted, suggestion } = thrown;
  return { name, message, stack, code, got, wanted, suggestion, ...behind };
}

/** The reverse: a VoirsError where it was one, with the same message, fields and stack. */
export function errorFrom({ name, message, stack, code, got, wanted, suggestion, cause }: PlainError): Error {
  const behind = cause === undefined ? {} : { cause: errorFrom(cause) };
  const error =
    code === undefined
      ? Object.assign(new Error(message, behind), { name })
      : Object.assign(new VoirsError(code, message, behind), { message, got, wanted, suggestion });
  if (stack !== undefined) error.stack = stack;
  return error;
}
