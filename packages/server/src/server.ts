// The server as a library: Fastify with our routes, the workers behind it, and what guards both.

import { randomUUID } from 'node:crypto';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyRequest,
  fastify,
  type HTTPMethods,
} from 'fastify';
import { type DestinationStream, pino } from 'pino';
import { VoirsError } from 'voirs';
import { addBoard } from './board.js';
import { guard } from './guard.js';
import { Jobs } from './jobs.js';
import { Keys } from './keys.js';
import { Metrics } from './metrics.js';
import {
  type Address,
  addressOf,
  addressText,
  isLoopback,
  type ServerOptions,
  type Settings,
  settingsOf,
} from './options.js';
import { asRequestError, errorBody, type Fields } from './request-error.js';
import type { Room } from './room.js';
import { addHealthRoutes } from './routes/health.js';
import { addJobRoutes } from './routes/jobs.js';
import { addSocketRoute, type Session, SOCKET_PATH } from './routes/socket.js';
import { addSpeechRoutes } from './routes/speech.js';
import { addTimesRoutes } from './routes/times.js';
import { addVoiceRoutes } from './routes/voices.js';
import { SERVER_VERSION } from './version.js';
import { VoiceNames } from './voice-names.js';
import { answerNoRequest, answerNoRoute } from './wire-errors.js';
import { WorkerPool } from './workers/pool.js';
import { WyomingServer } from './wyoming/server.js';

/** A running server. */
export interface SpeechServer extends AsyncDisposable {
  /** Where it listens: `http://127.0.0.1:8880`. */
  readonly url: string;
  readonly port: number;
  /** Where it speaks Wyoming: `tcp://127.0.0.1:10200`; undefined without the option. */
  readonly wyomingUrl: string | undefined;
  /** Fastify's instance; it is listening, so that no routes can be added. */
  readonly app: FastifyInstance;
  readonly pool: WorkerPool;
  /**
   * Takes nothing new, finishes what was accepted (at most `drainTimeout` seconds), and ends the workers.
   * Calls after the first wait for the same end.
   */
  close(): Promise<void>;
}

/** Milliseconds in which the head of a request must have come. */
const HEADERS_TIMEOUT = 10_000;
/** Bytes of a character in JSON at most: a surrogate pair as two escapes. */
const BYTES_A_CHARACTER = 6;
/** Bytes of a body beside its text. */
const BODY_REST = 65_536;
/** Bytes that a worker may be ahead of a client that reads slowly. */
const MOST_AHEAD = 4 * 2 ** 20;
/** Seconds of speech that an allowed character may become, and of any text: pauses are written in few characters. */
const SECONDS_A_CHARACTER = 1;
const SECONDS_REST = 60;
/** Requests of one connection before it is closed, so that connections spread again behind a balancer. */
const REQUESTS_A_CONNECTION = 10_000;

/** @throws VoirsError INVALID_OPTIONS where anybody on the network could speak. */
function refuseOpenDoor({ host, auth }: Settings, keys: Keys): void {
  if (keys.size > 0 || auth === false || (auth === undefined && isLoopback(host))) return;
  throw new VoirsError('INVALID_OPTIONS', 'The server would serve everybody who reaches it', {
    got: `host ${host} without a key`,
    wanted: 'a key, or the host 127.0.0.1',
    suggestion:
      'Give it keys (--keys FILE or VOIRS_SERVER_KEYS), or say --no-auth where the network is guarded',
  });
}

function loggerOf({ logLevel }: Settings, destination: DestinationStream | undefined): FastifyBaseLogger {
  const options = {
    level: logLevel,
    base: undefined,
    redact: ['req.headers.authorization'],
  };
  return destination ? pino(options, destination) : pino(options, pino.destination(2));
}

/** What one cannot pass as an option of the command line. */
export interface Extras {
  /** Where the lines of the log go. Default: stderr. */
  logDestination?: DestinationStream;
}

/**
 * Starts workers and listens.
 * @throws VoirsError INVALID_OPTIONS; IO_ERROR when the port is taken or Redis does not answer; PACKAGE_NOT_FOUND for
 * `jobs` without voirs-queue; Error when no worker can start.
 */
export async function createServer(options: ServerOptions = {}, extras: Extras = {}): Promise<SpeechServer> {
  const settings = settingsOf(options);
  const keys = new Keys({ file: settings.keys, plain: settings.plainKeys });
  refuseOpenDoor(settings, keys);
  const log = loggerOf(settings, extras.logDestination);
  const jobs =
    settings.jobs &&
    (await Jobs.open(settings.jobs, (err) => log.error({ err }, 'the queue does not answer')));
  let pool: WorkerPool | undefined;
  const metrics = new Metrics(() => pool);
  pool = await WorkerPool.start(
    {
      workers: settings.workers,
      streams: settings.streams,
      sessions: settings.sessions,
      queue: { total: settings.queue, perClient: settings.clientQueue },
      queueTimeout: settings.queueTimeout,
      hangTimeout: settings.hangTimeout,
      pipeline: { ...settings.pipeline, numThreads: settings.threads },
      warmRate: settings.sampleRate,
      mostAhead: MOST_AHEAD,
      mostSeconds: settings.maxCharacters * SECONDS_A_CHARACTER + SECONDS_REST,
    },
    {
      onWorkerLost(worker, reason) {
        metrics.workersLost.inc();
        log.error({ worker, reason }, 'worker lost');
      },
      onJobEnd() {},
    },
  );
  const app = fastify({
    loggerInstance: log,
    genReqId: () => randomUUID(),
    bodyLimit: settings.maxCharacters * BYTES_A_CHARACTER + BODY_REST,
    requestTimeout: settings.receiveTimeout * 1000,
    connectionTimeout: settings.idleTimeout * 1000,
    maxRequestsPerSocket: REQUESTS_A_CONNECTION,
    forceCloseConnections: 'idle',
    trustProxy: settings.trustProxy === '' ? false : settings.trustProxy,
    exposeHeadRoutes: false,
    // What comes of a base URL that ends with a slash.
    routerOptions: { ignoreDuplicateSlashes: true, ignoreTrailingSlash: true },
    clientErrorHandler: answerNoRequest,
    frameworkErrors: answerNoRoute,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, allowUnionTypes: true } },
    http: {
      headersTimeout: Math.min(HEADERS_TIMEOUT, settings.receiveTimeout * 1000),
      connectionsCheckingInterval: 1000,
    },
  });
  let wyoming: { server: WyomingServer; url: string } | undefined;
  try {
    const voices = new VoiceNames(pool.voices, settings.aliases);
    const room = { settings, pool, voices, metrics, jobs };
    await furnish(app, room, keys);
    await listening(settings, () => app.listen({ host: settings.host, port: settings.port }));
    if (settings.wyoming !== '') wyoming = await openWyoming(room, log);
  } catch (error) {
    await app.close();
    await pool.close();
    await jobs?.close();
    throw error;
  }
  const { port } = app.server.address() as { port: number };
  const url = `http://${addressText({ host: settings.host, port })}`;
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= shutDown({ app, pool, wyoming: wyoming?.server }, settings).finally(() => jobs?.close());
    return closing;
  };
  return { url, port, wyomingUrl: wyoming?.url, app, pool, close, [Symbol.asyncDispose]: close };
}

async function openWyoming(
  room: Room,
  log: FastifyBaseLogger,
): Promise<{ server: WyomingServer; url: string }> {
  const address = addressOf(room.settings.wyoming, 'wyoming');
  if (!isLoopback(address.host))
    log.warn({ host: address.host }, 'wyoming has no keys: whoever reaches this address may speak');
  const server = await listening(address, () => WyomingServer.listen(room, address, log));
  return { server, url: `tcp://${addressText({ ...address, port: server.port })}` };
}

async function furnish(app: FastifyInstance, room: Room, keys: Keys): Promise<void> {
  const { settings, metrics, jobs } = room;
  app.removeContentTypeParser('text/plain'); // pages may send it without asking first
  app.setErrorHandler((error, request, reply) => {
    const answer = asRequestError(error, fieldsOf(request));
    if (answer.status >= 500) request.log.error({ err: error }, 'request failed');
    if (answer.retryAfter !== undefined) reply.header('retry-after', String(answer.retryAfter));
    reply.code(answer.status).send(errorBody(answer));
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]!.slice(0, 200);
    const url = `/v1/${path.replace(/^\/+/, '')}`;
    const isShort = app.hasRoute({ method: request.method as HTTPMethods, url });
    const hint = isShort ? `. Did you mean ${url}? Base URLs of clients end with /v1` : '';
    const message = `There is no ${request.method} ${path}${hint}`;
    reply
      .code(404)
      .send({ error: { message, type: 'invalid_request_error', param: null, code: 'not_found' } });
  });
  app.addHook('onSend', async (request, reply, payload) => {
    reply.header('x-request-id', request.id);
    return payload;
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.requests.inc({ route: request.routeOptions.url ?? 'unknown', status: String(reply.statusCode) });
  });
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    },
    strictTransportSecurity: false, // the proxy that has the certificate says it
    crossOriginResourcePolicy: { policy: settings.cors.length > 0 ? 'cross-origin' : 'same-origin' },
  });
  await app.register(cors, {
    origin: [...settings.cors],
    methods: ['GET', 'POST', ...(jobs ? ['DELETE'] : [])],
    allowedHeaders: ['authorization', 'content-type', ...(jobs ? ['idempotency-key', 'range'] : [])],
    exposedHeaders: [
      ...['x-request-id', 'x-voirs-voice', 'x-voirs-notice', 'retry-after'],
      ...(jobs ? ['location', 'etag', 'content-range', 'accept-ranges'] : []),
    ],
    maxAge: 600,
  });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'voirs',
        description: `Speech as OpenAI serves it, made here. ${SOCKET_PATH} is a WebSocket (docs/server.md).`,
        version: SERVER_VERSION,
      },
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
      ...(keys.size > 0 ? { security: [{ key: [] }] } : {}),
    },
  });
  const sessions = new Set<Session>();
  await app.register(websocket, {
    options: {
      maxPayload: BODY_REST,
      // A browser can bring its key in a subprotocol only; the name beside it is the one that is taken.
      handleProtocols: (offered) => [...offered].find((name) => !name.startsWith('openai-insecure')) ?? false,
    },
    preClose(done) {
      for (const session of sessions) session.leave();
      done();
    },
  });
  guard(app, settings, keys);
  await app.register(async (scope) => {
    addHealthRoutes(scope, room);
    addVoiceRoutes(scope, room);
    addSpeechRoutes(scope, room);
    addTimesRoutes(scope, room);
    addSocketRoute(scope, room, sessions);
    if (jobs) addJobRoutes(scope, room, jobs);
  });
  if (jobs && keys.haveBoard) await addBoard(app, jobs);
}

/** The fields of a request and of its route, for what is meant by those that are not known. */
function fieldsOf({ routeOptions, body }: FastifyRequest): Fields {
  const schema = routeOptions.schema?.body as { properties?: object } | undefined;
  return { known: Object.keys(schema?.properties ?? {}), given: Object.keys(Object(body)) };
}

/** @throws VoirsError IO_ERROR where the address cannot be taken. */
async function listening<T>(address: Address, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new VoirsError('IO_ERROR', `The server cannot listen on ${addressText(address)}`, {
      got: code,
      suggestion:
        code === 'EADDRINUSE'
          ? 'Another program has the port: take another with --port, or --wyoming'
          : 'See --host, --port and --wyoming',
      cause,
    });
  }
}

/** What has to come to its end. */
interface Running {
  app: FastifyInstance;
  pool: WorkerPool;
  wyoming: WyomingServer | undefined;
}

async function shutDown({ app, pool, wyoming }: Running, { drainTimeout }: Settings): Promise<void> {
  const drained = pool.drain();
  const closed = Promise.all([app.close(), wyoming?.close()]);
  // A client that keeps its connection for the next request would hold the end up until the limit.
  const idle = setInterval(() => app.server.closeIdleConnections(), 50);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, drainTimeout * 1000);
  });
  await Promise.race([Promise.all([drained, closed]), late]);
  clearTimeout(timer);
  clearInterval(idle);
  app.server.closeAllConnections();
  wyoming?.destroy();
  for (const client of app.websocketServer.clients) client.terminate();
  await pool.close();
  await closed;
}
