// A server for a test file: one worker, a free port, no log.
import { createServer, type Extras, type ServerOptions, type SpeechServer } from 'voirs-server';

export function start(options: ServerOptions = {}, extras: Extras = {}): Promise<SpeechServer> {
  return createServer({ port: 0, workers: 1, logLevel: 'silent', ...options }, extras);
}

/** POSTs JSON to a path of a server. */
export function post(
  server: SpeechServer,
  path: string,
  body: unknown,
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${server.url}${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    ...init,
    headers: { 'content-type': 'application/json', ...(init.headers as Record<string, string>) },
  });
}

export const speak = (server: SpeechServer, body: unknown, init?: RequestInit): Promise<Response> =>
  post(server, '/v1/audio/speech', body, init);

/** The error of an answer, which must be one. */
export async function errorOf(
  answer: Response,
): Promise<{ message: string; type: string; param: string | null; code: string }> {
  return (
    (await answer.json()) as { error: { message: string; type: string; param: string | null; code: string } }
  ).error;
}
