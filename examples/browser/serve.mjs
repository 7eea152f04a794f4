// The example's web server: npm run example:browser [-- --port 8080]. It needs only Node, and does all that a
// server for voirs has to do: it serves the package's files unchanged, with their types and the two headers
// that threads need.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PAGE = fileURLToPath(new URL('.', import.meta.url));
/** The package: in a program of yours, the folder node_modules/voirs. */
const VOIRS = fileURLToPath(new URL('../..', import.meta.url));
/** The folders of the package that pages need. */
const SERVED = /^\/voirs\/(dist\/browser|vendor\/wasm|weights)\//;

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const HEADERS = {
  // Cross-origin isolation: without these two a page has no shared memory, and speech runs on one thread.
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  // The browser asks whether a file has changed before it uses its copy.
  'Cache-Control': 'no-cache',
};

/** The file behind a path; undefined where there is none or it is not public. */
function fileAt(path) {
  const clean = posix.normalize(path);
  if (SERVED.test(clean)) return join(VOIRS, clean.slice('/voirs/'.length));
  if (clean === '/') return join(PAGE, 'index.html');
  return /^\/\w+\.(html|js)$/.test(clean) ? join(PAGE, clean) : undefined;
}

const server = createServer(async (request, response) => {
  let file;
  try {
    file = fileAt(decodeURIComponent(new URL(request.url ?? '/', 'http://server').pathname));
  } catch {} // a malformed path
  const facts = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (!facts?.isFile()) {
    response.writeHead(404, { ...HEADERS, 'Content-Type': 'text/plain' }).end('not found\n');
    return;
  }
  const tag = `"${facts.size}-${facts.mtimeMs}"`;
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  if (request.headers['if-none-match'] === tag) {
    response.writeHead(304, { ...HEADERS, ETag: tag }).end();
    return;
  }
  response.writeHead(200, { ...HEADERS, ETag: tag, 'Content-Type': type, 'Content-Length': facts.size });
  if (request.method === 'HEAD') response.end();
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response);
});

const { values } = parseArgs({ options: { port: { type: 'string', default: '8080' } } });
server.on('error', (error) => {
  const what =
    error.code === 'EADDRINUSE'
      ? 'is in use: choose another with --port'
      : `is not available: ${error.message}`;
  console.error(`port ${values.port} ${what}`);
  process.exitCode = 1;
});
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
