// The web server of the browser tests: folders and in-memory files on a port of its own, with the two headers
// of cross-origin isolation on demand, and a hook with which a test makes a request fail.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';

/** An answer instead of the file: `undefined` fields keep what the file would give. */
export interface Answer {
  status?: number;
  type?: string;
  body?: string | Uint8Array;
  /** Beside the server's own. */
  headers?: Readonly<Record<string, string>>;
}

export interface ServerOptions {
  /** URL prefixes, ending in a slash, and the folders behind them. */
  mounts?: Readonly<Record<string, string>>;
  /** Whole files by URL path. */
  files?: ReadonlyMap<string, string | Uint8Array>;
  /** Sends COOP and COEP, which give a page SharedArrayBuffer. */
  isolated?: boolean;
  /** Called for every path before it is served. */
  respond?: (path: string) => Answer | undefined;
}

export interface StaticServer extends AsyncDisposable {
  readonly port: number;
  /** Requested paths, in order. */
  readonly requests: readonly string[];
}

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.cjs': 'text/javascript',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
};

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

export async function startServer(options: ServerOptions): Promise<StaticServer> {
  const { mounts = {}, files, isolated = false, respond } = options;
  const requests: string[] = [];

  async function contentOf(path: string): Promise<string | Uint8Array | undefined> {
    const file = files?.get(path);
    if (file !== undefined) return file;
    const mount = Object.keys(mounts).find((prefix) => path.startsWith(prefix));
    if (mount === undefined) return undefined;
    const below = normalize(path.slice(mount.length));
    if (below.startsWith('..')) return undefined;
    return readFile(join(mounts[mount]!, below)).catch(() => undefined);
  }

  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://server').pathname);
    requests.push(path);
    const answer = respond?.(path);
    const body = answer?.body ?? (await contentOf(path));
    response.writeHead(answer?.status ?? (body === undefined ? 404 : 200), {
      'Content-Type': answer?.type ?? TYPES[extname(path)] ?? 'application/octet-stream',
      'Cache-Control': 'no-store',
      ...(isolated ? ISOLATION : {}),
      ...answer?.headers,
    });
    response.end(body ?? `no ${path}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
