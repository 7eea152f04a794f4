// Serves the built studio and the package's files that it loads, to this machine only.
import { createReadStream, type Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, posix } from 'node:path';
import { VoirsError } from '../errors.js';

/** The folders of the package that the page loads from, under `/voirs/`; nothing else of it is served. */
export const SERVED_FOLDERS = ['dist/browser', 'dist/player', 'vendor/wasm', 'weights'] as const;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
};

const HEADERS: Readonly<Record<string, string>> = {
  // Cross-origin isolation: without these two a page has no shared memory, and speech runs on one thread.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  // The browser asks whether a file has changed before it uses its copy.
  'Cache-Control': 'no-cache',
  'Accept-Ranges': 'bytes',
};

/** Names of this machine: a page of another name that resolves to it (DNS rebinding) gets no answer. */
const OWN_NAME = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** The file behind a request; undefined where there is none or it is not served. */
function fileAt(root: string, url: string): string | undefined {
  let path: string;
  try {
    path = posix.normalize(decodeURIComponent(new URL(url, 'http://server').pathname));
  } catch {
    return undefined; // a malformed path
  }
  if (/[\\\0]/.test(path) || path.split('/').some((part) => part.startsWith('.'))) return undefined;
  if (path === '/') return join(root, 'dist/studio/index.html');
  const below = path.match(/^\/voirs\/(.+)$/)?.[1];
  if (below === undefined) return join(root, 'dist/studio', path);
  return SERVED_FOLDERS.some((folder) => below.startsWith(`${folder}/`)) ? join(root, below) : undefined;
}

/** [first, last] byte that a request asks for; undefined for all. Only one range from a place to the end or to another. */
function rangeOf(header: string | undefined, size: number): [number, number] | undefined {
  const found = header?.match(/^bytes=(\d+)-(\d*)$/);
  if (!found) return undefined;
  const last = found[2] === '' ? size - 1 : Math.min(size - 1, Number(found[2]));
  return [Number(found[1]), last];
}

function send(request: IncomingMessage, response: ServerResponse, file: string, facts: Stats): void {
  const tag = `"${facts.size}-${Math.round(facts.mtimeMs)}"`;
  const headers = {
    ...HEADERS,
    ETag: tag,
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
  };
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, headers).end();
    return;
  }
  const ifRange = request.headers['if-range'];
  const range =
    ifRange === undefined || ifRange === tag ? rangeOf(request.headers.range, facts.size) : undefined;
  if (range && range[0] > range[1]) {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${facts.size}` }).end();
    return;
  }
  const [start, end] = range ?? [0, facts.size - 1];
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'Content-Length': facts.size === 0 ? 0 : end - start + 1,
    ...(range ? { 'Content-Range': `bytes ${start}-${end}/${facts.size}` } : {}),
  });
  if (request.method === 'HEAD' || facts.size === 0) {
    response.end();
    return;
  }
  createReadStream(file, { start, end })
    .on('error', () => response.destroy())
    .pipe(response);
}

async function answer(root: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (!OWN_NAME.test(request.headers.host ?? '')) {
    response.writeHead(421, HEADERS).end('this server answers to localhost only\n');
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { ...HEADERS, Allow: 'GET, HEAD' }).end();
    return;
  }
  const file = fileAt(root, request.url ?? '/');
  const facts = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file === undefined || !facts?.isFile()) {
    response.writeHead(404, { ...HEADERS, 'Content-Type': 'text/plain' }).end('not found\n');
    return;
  }
  send(request, response, file, facts);
}

/**
 * Starts the server on the loopback interface.
 * @param root folder of the package.
 * @param port 0 for any that is free.
 * @throws VoirsError IO_ERROR when the port cannot be had.
 */
export async function startStudioServer(
  root: string,
  port: number,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    answer(root, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const isTaken = cause.code === 'EADDRINUSE';
      reject(
        new VoirsError('IO_ERROR', 'The studio cannot be served', {
          got: isTaken ? `port ${port}, which is in use` : cause.message,
          suggestion: isTaken
            ? 'Choose another with --port, or 0 for any that is free.'
            : 'Choose another with --port.',
          cause,
        }),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address() as { port: number };
  return { server, url: `http://127.0.0.1:${address.port}/` };
}
