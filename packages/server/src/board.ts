// Bull Board under /queue/: what operators look at, behind a key that says `board`. It shows the jobs of all keys, so
// that a key of a client does not open it. It is for looking: a job that was changed behind the back of its book would
// never be joined; `voirs queue` acts.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { VoirsError } from 'voirs';
import type { Jobs } from './jobs.js';
import { type Client, type Keys, keyOf } from './keys.js';
import { asRequestError, errorBody, RequestError } from './request-error.js';

/** Where it is. */
export const BOARD_PATH = '/queue';

/** Everything from this server: the page asks nobody else. Its styles stand in the page too. */
const POLICY = [
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  "font-src 'self'; connect-src 'self'; base-uri 'self'; form-action 'none'; frame-ancestors 'none'",
].join('; ');

/** The page asks a server of fonts, whom the reader's address is no business of. */
const FOREIGN = /<link\b[^>]*\bhref="https?:[^>]*>/g;

/** By the route that answers: a path can be written in many ways (%71ueue, //queue). */
export function isBoard(request: FastifyRequest): boolean {
  const path = request.routeOptions.url ?? request.url.split('?')[0]!;
  return path === BOARD_PATH || path.startsWith(`${BOARD_PATH}/`);
}

/** A browser brings a key as the password of any user. */
function passwordOf({ authorization }: FastifyRequest['headers']): string | undefined {
  const coded = /^Basic +(\S+) *$/i.exec(authorization ?? '')?.[1];
  return coded && /^[^:]*:(.*)$/s.exec(Buffer.from(coded, 'base64').toString())?.[1];
}

/**
 * Whoever may look at the board.
 * @throws RequestError 401, 403; also for what a page of another origin sends, as browsers add the password to it.
 */
export function boardClient(request: FastifyRequest, keys: Keys): Client {
  const client = keys.find(keyOf(request.headers) ?? passwordOf(request.headers));
  if (!client)
    throw new RequestError(401, 'A key is wanted as the password of any user', { code: 'invalid_api_key' });
  if (!client.seesBoard)
    throw new RequestError(403, 'This key has no board; its line in the file of keys does not say it', {
      code: 'board_not_allowed',
    });
  const { origin, host } = request.headers;
  const isOwn = origin === `http://${host}` || origin === `https://${host}`;
  if (request.method !== 'GET' && !isOwn)
    throw new RequestError(403, 'Pages of this origin may not use the board', { code: 'origin_not_allowed' });
  return client;
}

/** @throws VoirsError PACKAGE_NOT_FOUND that says what to install. */
export async function addBoard(app: FastifyInstance, { queue }: Jobs): Promise<void> {
  const { createBullBoard, BullMQAdapter, FastifyAdapter } = await boardPackages();
  const serverAdapter = new FastifyAdapter();
  serverAdapter.setBasePath(BOARD_PATH);
  const { parts, books, webhooks } = queue.queues;
  const adapters = [books, parts, webhooks].map((one) => {
    const adapter = new BullMQAdapter(one, { readOnlyMode: true });
    adapter.setFormatter('data', withoutSecrets);
    return adapter;
  });
  createBullBoard({
    queues: adapters,
    serverAdapter,
    options: { uiConfig: { boardTitle: 'voirs', hideRedisDetails: true } },
  });
  serverAdapter.setErrorHandler((error) => {
    const answer = asRequestError(error);
    return { status: answer.status as 500, body: errorBody(answer) };
  });
  await app.register(
    async (scope) => {
      scope.addHook('onSend', async (_request, reply, payload) => {
        reply.header('content-security-policy', POLICY).header('cache-control', 'no-store');
        return typeof payload === 'string' ? payload.replace(FOREIGN, '') : payload;
      });
      await scope.register(serverAdapter.registerPlugin());
    },
    { prefix: BOARD_PATH },
  );
}

/** Jobs hold what signs the webhooks. */
function withoutSecrets(data: unknown): unknown {
  return JSON.parse(
    JSON.stringify(data, (name, value: unknown) => (name === 'secret' ? '(not shown)' : value)),
  );
}

async function boardPackages() {
  try {
    const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter }] = await Promise.all([
      import('@bull-board/api'),
      import('@bull-board/api/bullMQAdapter'),
      import('@bull-board/fastify'),
    ]);
    return { createBullBoard, BullMQAdapter, FastifyAdapter };
  } catch (cause) {
    throw new VoirsError('PACKAGE_NOT_FOUND', 'A key says board, and the board is not installed', {
      got: (cause as Error).message.split('\n')[0]!.slice(0, 200),
      wanted: 'the packages @bull-board/api and @bull-board/fastify',
      suggestion: 'Run npm install @bull-board/api@9.10 @bull-board/fastify@9.10',
      cause,
    });
  }
}
