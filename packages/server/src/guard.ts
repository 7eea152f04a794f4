// Whom the server answers: clients with a key where there are keys, and otherwise only programs of this
// machine, not the pages that its browsers have open.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { boardClient, isBoard } from './board.js';
import { Client, type Keys, keyOf } from './keys.js';
import { isLoopback, type Settings } from './options.js';
import { RequestError } from './request-error.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks: a key's holder, or an address. */
    client: Client;
  }
}

/** Routes that say nothing of what the server does. */
const OPEN = new Set(['/healthz', '/readyz', '/health']);

/** The name in a Host header, without its port. */
function nameOf(host: string): string {
  return host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}

/**
 * @throws RequestError 403 for requests that a page of another origin can make a browser send: a name that
 * was made to point here (DNS rebinding), and WebSockets, which no CORS guards.
 */
function refusePages(request: FastifyRequest, { cors, hosts, host, auth }: Settings, hasKeys: boolean): void {
  const named = nameOf(request.headers.host ?? '');
  if (!hasKeys && auth !== false && isLoopback(host) && !isLoopback(named) && !hosts.includes(named))
    throw new RequestError(
      403,
      `This server does not answer for the host ${JSON.stringify(named.slice(0, 80))}`,
      {
        code: 'host_not_allowed',
      },
    );
  const { origin } = request.headers;
  if (origin === undefined || cors.includes(origin)) return;
  let from: string;
  try {
    from = new URL(origin).host;
  } catch {
    from = origin;
  }
  if (from === request.headers.host) return;
  // Without a key the browser is the only witness; with one, the page must have it.
  if (request.headers.upgrade !== undefined || !hasKeys)
    throw new RequestError(403, 'Pages of this origin may not call the server', {
      code: 'origin_not_allowed',
    });
}

/** Puts `request.client` in place, or answers 401 or 403. */
export function guard(app: FastifyInstance, settings: Settings, keys: Keys): void {
  app.decorateRequest('client', null as unknown as Client);
  app.addHook('onRequest', async (request, reply) => {
    const path = request.routeOptions.url ?? '';
    const isOpen = OPEN.has(path) || (settings.openMetrics && path === '/metrics');
    if (isOpen || request.method === 'OPTIONS') return;
    refusePages(request, settings, keys.size > 0);
    if (keys.haveBoard && settings.jobs && isBoard(request)) {
      reply.header('www-authenticate', 'Basic realm="voirs queue", charset="UTF-8"');
      request.client = boardClient(request, keys);
      reply.removeHeader('www-authenticate');
      return;
    }
    if (keys.size === 0) {
      request.client = new Client(request.ip, {});
      return;
    }
    const client = keys.find(keyOf(request.headers));
    if (!client)
      throw new RequestError(401, 'A key is wanted: Authorization: Bearer KEY', { code: 'invalid_api_key' });
    request.client = client;
  });
}
