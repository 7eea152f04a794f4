// The host in a page or a worker of a browser: it fetches files, and what only a process has is absent or
// throws.
import { clearStore, keepCopy, keptCopy, storedFile } from './asset-store.js';
import { FileFailure, type Host, type HostFiles, type HostMemory, type OpenFile } from './contract.js';
import { hasRelaxedSimd } from './relaxed-probe.js';

/** The package's root: two folders above this file, both as the package has it and in the built bundle. */
function besideCode(code: string): string {
  try {
    return new URL('../../', code).href; // written with import.meta.url, webpack takes it for a file to copy
  } catch {
    return ''; // a bundle that is not an ES module, or a blob: relative to the page, unless setAssetBase is called
  }
}

let packageUrl = besideCode(import.meta.url);

/** See `setAssetBase` in assets.ts. */
export function setPackageLocation(base: string): void {
  packageUrl = absolute(base.endsWith('/') ? base : `${base}/`);
}

/** An absolute URL; relative ones are relative to the page, or to the worker's script. */
function absolute(location: string): string {
  return new URL(location, globalThis.document?.baseURI ?? globalThis.location.href).href;
}

const NO_ANSWER = 'no answer';

const WHERE_FILES_ARE =
  'Serve the folders vendor and weights of the package, and say where with setAssetBase(url) (docs/browser.md).';

/** What to do when a file cannot be fetched. */
const adviceFor = (url: string): string => (url.startsWith(packageUrl) ? WHERE_FILES_ARE : 'Check the URL.');

async function request(location: string, init?: RequestInit): Promise<Response> {
  let url: string;
  try {
    url = absolute(location);
  } catch (cause) {
    // There is no base for relative URLs in a worker made of a blob.
    throw new FileFailure('failed', `${location}, which is not a whole URL here`, WHERE_FILES_ARE, { cause });
  }
  const what = adviceFor(url);
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    const got = `${NO_ANSWER} from ${url} (${(cause as Error).message})`;
    // Browsers do not say whether the server gave no answer or the answer was not allowed for this page.
    const { origin } = globalThis.location;
    const allow =
      new URL(url).origin === origin || !url.startsWith('http')
        ? what // not a URL with an origin: a bundler's location of the code
        : `That is another origin: its server has to answer with Access-Control-Allow-Origin: ${origin} (or *), and a Content-Security-Policy of the page to have it in connect-src.`;
    throw new FileFailure('failed', got, allow, { cause });
  }
  if (!response.ok) {
    const kind = response.status === 404 || response.status === 410 ? 'missing' : 'failed';
    throw new FileFailure(kind, `status ${response.status} from ${url}`, what);
  }
  // Many servers answer with their start page for a missing file; none of our files is a page.
  if (response.headers.get('Content-Type')?.startsWith('text/html')) {
    throw new FileFailure('missing', `a page (text/html) from ${url}`, what);
  }
  return response;
}

async function bodyOf(
  response: Response,
  onBytes?: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (onBytes && response.body) return await pieceByPiece(response.body, onBytes);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    throw brokeOff(cause);
  }
}

function brokeOff(cause: unknown): FileFailure {
  const got = `an answer that broke off (${(cause as Error).message})`;
  return new FileFailure('failed', got, 'Try again.', { cause });
}

async function pieceByPiece(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onBytes: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = body.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    pieces.push(value);
    size += value.length;
    onBytes(value.length);
  }
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

async function readStored(
  location: string,
  sha256: string,
  onBytes: ((bytes: number) => void) | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  let url: string;
  try {
    url = absolute(location);
  } catch {
    return bodyOf(await request(location)); // which says what is wrong
  }
  try {
    return await storedFile(url, sha256, (init) => request(location, init), onBytes);
  } catch (cause) {
    if (cause instanceof FileFailure) throw cause;
    throw brokeOff(cause);
  }
}

/** The answer to a request, or the last one where there is no connection. */
async function requestOrCopy(location: string): Promise<Response> {
  try {
    return await request(location);
  } catch (error) {
    const hasNoAnswer = error instanceof FileFailure && error.got.startsWith(NO_ANSWER);
    const copy = hasNoAnswer ? await keptCopy(absolute(location)).catch(() => undefined) : undefined;
    if (copy) return copy;
    throw error;
  }
}

async function cannotWrite(): Promise<never> {
  throw new FileFailure(
    'failed',
    'a page, which cannot write files',
    'Offer audio.toWav() as a Blob to download',
  );
}

const files: HostFiles = {
  ofPackage: (path) => packageUrl + path,
  within: (folder, name) => `${folder.replace(/\/+$/, '')}/${name}`,
  nameOf: (location) =>
    location
      .replace(/[?#].*$/, '')
      .replace(/\/+$/, '')
      .split('/')
      .at(-1)!,
  installed: () => undefined,
  installedWith: () => [],
  liesWithin: () => true,
  async open(location, sha256): Promise<OpenFile> {
    if (sha256 !== undefined)
      return { bytes: undefined, read: (onBytes) => readStored(location, sha256, onBytes) };
    const response = await requestOrCopy(location);
    const read = async (onBytes?: (bytes: number) => void): Promise<Uint8Array<ArrayBuffer>> => {
      const bytes = await bodyOf(response, onBytes);
      // A copy: the caller's bytes are its own. It may fail where there is no room, or the page has gone.
      keepCopy(absolute(location), response, bytes.slice()).catch(() => {});
      return bytes;
    };
    return { bytes: undefined, read };
  },
  clearKept: clearStore,
  write: cannotWrite,
  create: cannotWrite,
  createScratch: cannotWrite,
  systemText: () => undefined,
};

/** Chromium's non-standard figures, in pages only; other browsers have none. */
interface ChromiumMemory {
  usedJSHeapSize: number;
  totalJSHeapSize: number;
  jsHeapSizeLimit: number;
}

const memory: HostMemory = {
  process: () => undefined,
  runtime() {
    const { memory } = performance as Performance & { memory?: ChromiumMemory };
    if (!memory) return undefined;
    return {
      heapUsedBytes: memory.usedJSHeapSize,
      heapTotalBytes: memory.totalJSHeapSize,
      heapLimitBytes: memory.jsHeapSizeLimit,
    };
  },
  machine: () => undefined,
  collector: () => undefined,
};

let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/** Uses a message, because nested timers of 0 ms take 4 ms, and 1 s in a page in the background. */
function nextTask(): Promise<void> {
  if (!channel) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => waiting.shift()?.();
  }
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel!.port2.postMessage(undefined);
  });
}

function whyNoThreads(): string | undefined {
  if (globalThis.crossOriginIsolated && typeof SharedArrayBuffer === 'function') return undefined;
  const why = globalThis.crossOriginIsolated
    ? 'this browser has no SharedArrayBuffer'
    : 'this page is not cross-origin isolated: serve it with Cross-Origin-Opener-Policy: same-origin and ' +
      'Cross-Origin-Embedder-Policy: require-corp';
  return why;
}

async function compile(location: string): Promise<WebAssembly.Module> {
  const response = await request(location);
  const type = response.headers.get('Content-Type') ?? 'no type';
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  try {
    // Compiles while the file arrives, which needs the right type; servers that send another type work too.
    if (type === 'application/wasm') return await WebAssembly.compileStreaming(response);
    bytes = await bodyOf(response);
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw cause instanceof FileFailure ? cause : notCompiled(absolute(location), type, bytes, cause as Error);
  }
}

/** Why an answer did not compile. */
function notCompiled(url: string, type: string, bytes: Uint8Array | undefined, cause: Error): FileFailure {
  const { message } = cause;
  if (/content security policy|\bCSP\b/i.test(message)) {
    const allow = "Add 'wasm-unsafe-eval' to script-src in the page's Content-Security-Policy.";
    return new FileFailure('failed', `a policy of the page that forbids WebAssembly (${message})`, allow, {
      cause,
    });
  }
  if (!(cause instanceof WebAssembly.CompileError)) {
    return new FileFailure('failed', `an answer that broke off (${message})`, 'Try again.', { cause });
  }
  const size = bytes ? `${bytes.length} bytes, ` : '';
  const got = `what is not a whole WebAssembly module from ${url} (${size}${type}; ${message})`;
  return new FileFailure('failed', got, `It must be served byte for byte. ${adviceFor(url)}`, { cause });
}

export const host: Host = {
  name: 'browser',
  files,
  memory,
  environment: () => ({}),
  cores: () => navigator.hardwareConcurrency || 1,
  whyNoThreads,
  async sha256(parts) {
    if (!globalThis.crypto?.subtle) return undefined; // not a secure context
    const [whole, ...rest] = parts; // a browser reads files whole
    if (!whole || rest.length > 0) throw new TypeError('sha256 takes one part in a browser');
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  },
  compile,
  hasRelaxedSimd,
  nextTask,
  report: (error) => reportError(error),
  async heapProfiler() {
    throw new Error('a browser, whose developer tools have the heap profiler');
  },
};
