// Answers the probes of whatever starts workers, so that a worker which hangs is replaced and one without Redis gets the
// time to find it again.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { VoirsError } from 'voirs';
import type { QueueWorker } from './worker.js';

/** See {@link serveHealth}. */
export interface HealthServer extends AsyncDisposable {
  /** The port that was taken. */
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `/healthz`, whether the process answers, and `/readyz`, whether it can take a part: 200, or 503 with the reason.
 * Synthesis lets other work in between chunks of audio, so a prober should wait some seconds for an answer.
 * @param port 0 takes a free one.
 * @throws VoirsError IO_ERROR when the port cannot be taken.
 */
export async function serveHealth(
  worker: Pick<QueueWorker, 'notReady'>,
  port: number,
  host = '0.0.0.0',
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (code: number, body: object): void => {
      response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    const path = request.url?.split('?')[0];
    if (path === '/healthz') return answer(200, { status: 'ok' });
    if (path !== '/readyz') return answer(404, { status: 'not found' });
    void worker.notReady().then((reason) => {
      if (reason === undefined) answer(200, { status: 'ready' });
      else answer(503, { status: 'not ready', reason });
    });
  });
  await listen(server, port, host);
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  const { port: taken } = server.address() as { port: number };
  return { port: taken, close, [Symbol.asyncDispose]: close };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new VoirsError('IO_ERROR', 'The port for probes cannot be taken', {
      got: (cause as Error).message,
      suggestion: 'Give another --health-port',
      cause,
    });
  }
}
