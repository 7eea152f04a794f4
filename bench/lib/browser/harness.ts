// Runs a TypeScript module of ours in a real browser, for tests and benches.
//
//   const browser = await openBrowser({ webgpu: true });         // undefined, with a SKIP line, without Chromium
//   const { value, complaints } = await browser.run<Result>({
//     script: new URL('./pages/speak.ts', import.meta.url),      // exports `run(argument)`; esbuild bundles it
//     argument: { text: 'Hello.' },                              // JSON in; JSON and typed arrays out
//     isolated: true,                                            // COOP and COEP: SharedArrayBuffer
//   });
//   await browser.close();
//
// The page's server has the repository under /package/ (weights, vendor, dist). What the page throws is
// thrown here as a PageError with the fields of a VoirsError; warnings and errors on its console are
// `complaints`. Each run has a server, a browser context and a page of its own, closed at its end. A page's
// own files (a rival's) go into `mounts`, requests that shall fail into `respond`. A step has a generous time
// limit, times VOIRS_TEST_PATIENCE.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { CHROMIUM_ADVICE, findChromium } from '../../../scripts/chromium.mjs';
import { patience } from '../../../scripts/patience.mjs';
import { processorClock } from './processor-clock.js';
import { type Answer, startServer } from './static-server.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const LAUNCH_MS = 300_000 * patience();
const DEFAULT_RUN_MS = 900_000 * patience();

const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
  // A name that is not localhost: a page there is no secure context.
  '--host-resolver-rules=MAP insecure.test 127.0.0.1',
];
/** WebGPU in software: slow, the same shaders. */
export const WEBGPU_FLAGS = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

export interface BrowserOptions {
  /** Gives pages a WebGPU adapter (SwiftShader). */
  webgpu?: boolean;
  /** More command line flags. */
  flags?: readonly string[];
}

export interface PageOptions {
  /** A module that exports `run(argument)`, sync or async. */
  script: URL;
  argument?: unknown;
  /** Cross-origin isolation. Default false. */
  isolated?: boolean;
  /**
   * Serves the page from a name that is no secure context (no crypto.subtle, no AudioWorklet). Default false.
   */
  insecure?: boolean;
  /** Runs before the page's own code: simulates a browser that lacks something. */
  beforePage?: string;
  /** Folders behind URL prefixes, beside /package/, which is the repository. */
  mounts?: Readonly<Record<string, string>>;
  /** Answers some requests otherwise than with the file. */
  respond?: (path: string) => Answer | undefined;
  /** Gives the page `processorMs()`, a promise of the processor time of all pages so far. Default false. */
  processorClock?: boolean;
  /** Milliseconds `run` may take. Default 900,000 times VOIRS_TEST_PATIENCE. */
  timeoutMs?: number;
}

export interface VisitOptions<T> extends Pick<PageOptions, 'beforePage' | 'timeoutMs'> {
  url: string;
  /** Clicks and types. */
  drive(page: Page): Promise<T>;
}

export interface PageResult<T> {
  value: T;
  /** Warnings, errors and failed requests, as the developer tools show them. */
  complaints: readonly string[];
  /** Paths the page asked the server for. */
  requests: readonly string[];
}

/** What a page threw. */
export class PageError extends Error {
  override readonly name = 'PageError';
  readonly code: string | undefined;
  readonly got: string | undefined;
  readonly suggestion: string | undefined;
  constructor(thrown: Thrown, complaints: readonly string[]) {
    super([thrown.message, ...complaints.map((line) => `  console: ${line}`)].join('\n'));
    this.code = thrown.code;
    this.got = thrown.got;
    this.suggestion = thrown.suggestion;
    if (thrown.stack) this.stack = thrown.stack;
  }
}

interface Thrown {
  message: string;
  stack?: string;
  code?: string;
  got?: string;
  suggestion?: string;
}

export interface TestBrowser {
  readonly version: string;
  run<T>(options: PageOptions): Promise<PageResult<T>>;
  /** Opens a page of another server, and drives it. */
  visit<T>(options: VisitOptions<T>): Promise<Omit<PageResult<T>, 'requests'>>;
  close(): Promise<void>;
}

/** A browser; undefined where there is none, with a line that begins with SKIP and says what to do. */
export async function openBrowser(options: BrowserOptions = {}): Promise<TestBrowser | undefined> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    console.log(`SKIP: no browser here; ${CHROMIUM_ADVICE}`);
    return undefined;
  }
  const browser = await chromium.launch({
    executablePath,
    args: [...FLAGS, ...(options.webgpu ? WEBGPU_FLAGS : []), ...(options.flags ?? [])],
    timeout: LAUNCH_MS,
  });
  return {
    version: browser.version(),
    run: (page) => runPage(browser, page),
    visit: (visit) => visitPage(browser, visit),
    close: () => within(LAUNCH_MS, 'closing the browser', browser.close()),
  };
}

const bundles = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();

/** Bundles a script once: a test runs it many times. @returns the module and its lazy parts, by URL path. */
function bundle(script: URL): Promise<ReadonlyMap<string, Uint8Array>> {
  const made = bundles.get(script.href) ?? makeBundle(script);
  bundles.set(script.href, made);
  return made;
}

async function makeBundle(script: URL): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { entry: fileURLToPath(script) },
    outdir: '/page',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    absWorkingDir: ROOT,
    write: false,
    logLevel: 'silent',
  });
  return new Map(outputFiles.map(({ path, contents }) => [path.replaceAll('\\', '/'), contents]));
}

async function runPage<T>(browser: Browser, options: PageOptions): Promise<PageResult<T>> {
  const { script, argument, isolated, insecure = false, beforePage, timeoutMs = DEFAULT_RUN_MS } = options;
  const files = new Map<string, string | Uint8Array>(await bundle(script));
  files.set(
    '/index.html',
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>voirs</title>',
  );
  await using server = await startServer({
    files,
    mounts: { '/package/': ROOT, ...options.mounts },
    isolated,
    respond: options.respond,
  });
  const context = await browser.newContext();
  try {
    if (beforePage !== undefined) await context.addInitScript(beforePage);
    const page = await context.newPage();
    if (options.processorClock) await page.exposeFunction('processorMs', await processorClock(browser));
    const complaints = listen(page);
    await page.goto(`http://${insecure ? 'insecure.test' : '127.0.0.1'}:${server.port}/index.html`, {
      timeout: LAUNCH_MS,
    });
    const work = Promise.race([evaluate<T>(page, argument), crashOf(page)]);
    const result = await within(timeoutMs, `the page ${script.pathname}`, work, complaints);
    if ('thrown' in result) throw new PageError(result.thrown, complaints);
    return { value: result.value, complaints, requests: server.requests };
  } finally {
    await within(LAUNCH_MS, 'closing the page', context.close());
  }
}

async function visitPage<T>(
  browser: Browser,
  { url, beforePage, timeoutMs = DEFAULT_RUN_MS, drive }: VisitOptions<T>,
): Promise<Omit<PageResult<T>, 'requests'>> {
  const context = await browser.newContext();
  try {
    if (beforePage !== undefined) await context.addInitScript(beforePage);
    context.setDefaultTimeout(timeoutMs);
    const page = await context.newPage();
    const complaints = listen(page);
    await page.goto(url, { timeout: LAUNCH_MS });
    const work = Promise.race([drive(page), crashOf(page)]);
    return { value: await within(timeoutMs, url, work, complaints), complaints };
  } finally {
    await within(LAUNCH_MS, 'closing the page', context.close());
  }
}

type Outcome<T> = { value: T } | { thrown: Thrown };

function evaluate<T>(page: Page, argument: unknown): Promise<Outcome<T>> {
  return page.evaluate(async (given) => {
    try {
      const entry = '/page/entry.js';
      const { run } = (await import(entry)) as { run(argument: unknown): unknown };
      return { value: (await run(given)) as T };
    } catch (error) {
      const { message, stack, code, got, suggestion } = error as Thrown;
      return { thrown: { message: message ?? String(error), stack, code, got, suggestion } };
    }
  }, argument) as Promise<Outcome<T>>;
}

function crashOf(page: Page): Promise<never> {
  return new Promise((_, reject) => {
    page.on('crash', () => reject(new Error('the page crashed (out of memory?)')));
  });
}

/** Collects the page's warnings, errors and failed requests while it lives. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
  page.on('requestfailed', (request) =>
    complaints.push(`request failed: ${request.url()}: ${request.failure()?.errorText}`),
  );
  return complaints;
}

async function within<T>(
  limitMs: number,
  what: string,
  work: Promise<T>,
  complaints: readonly string[] = [],
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error([`${what} took over ${limitMs / 1000} s`, ...complaints].join('\n  '))),
      limitMs,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
