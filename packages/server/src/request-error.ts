// What goes wrong with a request, as a status and in the form that OpenAI's clients read.
import { didYouMean, meantName } from './nearest.js';
import { SpeechFailure } from './workers/job.js';

/** The body of an error. */
export interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly param: string | null;
  readonly code: string | null;
  /** Seconds, for the header of that name. */
  readonly retryAfter: number | undefined;

  constructor(
    readonly status: number,
    message: string,
    { param, code, retryAfter }: { param?: string; code?: string; retryAfter?: number } = {},
  ) {
    super(message);
    this.param = param ?? null;
    this.code = code ?? null;
    this.retryAfter = retryAfter;
  }
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 403) return 'permission_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** Statuses of what the engine and the pool refuse. What is not listed is our fault. */
const STATUS: Readonly<Record<string, number>> = {
  INVALID_OPTIONS: 400,
  INVALID_TEXT: 400,
  INVALID_SSML: 400,
  UNSUPPORTED_TEXT: 400,
  VOICE_NOT_FOUND: 400,
  ENCODER_NOT_FOUND: 400,
  MEMORY_ERROR: 503,
  QUEUE_FULL: 429,
  SESSIONS_FULL: 429,
  QUEUE_TIMEOUT: 503,
  CLOSING: 503,
  ABORTED: 499, // as nginx logs it; the client has gone
};

export interface SchemaFault {
  keyword?: string;
  instancePath?: string;
  message?: string;
  params?: Record<string, unknown>;
}

/** The fields that a body may have, and those that it has. */
export interface Fields {
  known: readonly string[];
  given: readonly string[];
}

/** The first fault that the schema of a body finds, in words. */
export function schemaError(faults: readonly SchemaFault[], { known, given }: Fields): RequestError {
  const { keyword, instancePath = '', message = 'is wrong', params = {} } = faults[0] ?? {};
  const field = instancePath.slice(1).replaceAll('/', '.');
  if (keyword === 'additionalProperties') {
    const name = String(params.additionalProperty);
    return new RequestError(
      400,
      `Unknown field ${JSON.stringify(name.slice(0, 80))}; there are ${known.join(', ')}${didYouMean(name, known)}`,
      { param: name.slice(0, 80), code: 'unknown_field' },
    );
  }
  if (keyword === 'required') {
    const missing = String(params.missingProperty);
    const other = given.find((name) => !known.includes(name) && meantName(name, known) === missing);
    const hint = other === undefined ? '' : `; ${JSON.stringify(other.slice(0, 80))} is no field here`;
    return new RequestError(400, `${missing} is missing${hint}`, { param: missing, code: 'missing_field' });
  }
  const allowed = Array.isArray(params.allowedValues) ? `: ${params.allowedValues.join(', ')}` : '';
  return new RequestError(400, `${field || 'The body'} ${message}${allowed}`, {
    ...(field ? { param: field } : {}),
    code: 'invalid_value',
  });
}

/** Any error of a request as one that can be answered. */
export function asRequestError(error: unknown, fields: Fields = { known: [], given: [] }): RequestError {
  if (error instanceof RequestError) return error;
  if (error instanceof SpeechFailure) {
    const status = STATUS[error.code] ?? 500;
    // What went wrong inside is for the log, not for the client.
    const message = status === 500 ? 'The speech could not be made' : error.message;
    return new RequestError(status, message, {
      code: error.code.toLowerCase(),
      ...(error.retryAfter === undefined ? {} : { retryAfter: error.retryAfter }),
    });
  }
  const { statusCode, message, code, validation } = Object(error) as {
    statusCode?: number;
    message?: string;
    code?: string;
    validation?: SchemaFault[];
  };
  if (validation) return schemaError(validation, fields);
  if (statusCode === 415)
    return new RequestError(
      415,
      'The body is of another type; send JSON with Content-Type: application/json',
      {
        code: 'unsupported_media_type',
      },
    );
  if (statusCode !== undefined && statusCode < 500)
    return new RequestError(statusCode, String(message), code ? { code: code.toLowerCase() } : {});
  return new RequestError(500, 'The server has failed', { code: 'unexpected' });
}

export function errorBody({ status, message, param, code }: RequestError): ErrorBody {
  return { error: { message, type: typeOf(status), param, code } };
}
