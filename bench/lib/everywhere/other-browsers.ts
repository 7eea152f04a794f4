// Browsers of the system that nothing drives: Firefox, and WebKit, the engine of Safari, in WebKitGTK's MiniBrowser.
// They open a page that speaks and tells its server the result.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFirefox } from '../../../scripts/firefox.mjs';
import { patience } from '../../../scripts/patience.mjs';
import { startServer } from '../browser/static-server.js';
import { ended, type Project, type Shown } from './project.js';

const LONGEST_MS = 300_000 * patience();

/** What a page of speak.html tells. */
interface Told {
  agent: string;
  error?: string;
  page: {
    said: string;
    threads: number;
    threadsReason?: string;
    features: string;
    count: number;
    rms: number;
  };
  worker: { said: string; sampleRate: number };
  serviceWorker: { said: string; sampleRate: number } | { error: string };
}

/** How a browser is started with an address and a folder for its profile; undefined where it is not here. */
type Start = (
  url: string,
  profile: string,
) => { program: string; args: string[]; env?: Record<string, string> } | undefined;

const firefox: Start = (url, profile) => {
  const program = findFirefox();
  const args = ['--headless', '--no-remote', '--profile', profile, url];
  return program === undefined ? undefined : { program, args };
};

/** Debian: webkit2gtk-driver and xvfb. Shared memory is off there where nothing asks for it; in Safari it is on. */
const webkit: Start = (url) => {
  const libraries = '/usr/lib';
  const xvfb = '/usr/bin/xvfb-run';
  const browser = (existsSync(libraries) ? readdirSync(libraries) : [])
    .map((name) => join(libraries, name, 'webkit2gtk-4.1', 'MiniBrowser'))
    .find(existsSync);
  if (browser === undefined || !existsSync(xvfb)) return undefined;
  const env = { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', JSC_useSharedArrayBuffer: '1' };
  return { program: xvfb, args: ['-a', browser, '--private', url], env };
};

/** Speaks in a browser of the system: in a page, in a worker, in a service worker. */
async function spoken(project: Project, start: Start): Promise<Told | undefined> {
  const profile = mkdtempSync(join(tmpdir(), 'voirs-browser-'));
  const own = (name: string): string => readFileSync(new URL(`./${name}`, import.meta.url), 'utf8');
  let tell: (told: Told) => void;
  const told = new Promise<Told>((resolve) => {
    tell = resolve;
  });
  await using server = await startServer({
    isolated: true,
    mounts: { '/voirs/': project.at('node_modules', 'voirs') },
    files: new Map([
      ['/index.html', own('speak.html')],
      ['/service-worker.js', own('service-worker.js')],
    ]),
    respond: (path) => {
      if (!path.startsWith('/told/')) return undefined;
      tell(JSON.parse(path.slice('/told/'.length)) as Told);
      return { status: 200, body: '' };
    },
  });
  const command = start(`http://127.0.0.1:${server.port}/index.html`, profile);
  if (command === undefined) return undefined;
  const child = spawn(command.program, command.args, {
    ...{ detached: true, stdio: 'ignore' }, // a group of its own, with the processes of its pages
    env: { ...process.env, HOME: profile, ...command.env },
  });
  try {
    const late = new Promise<never>((_, reject) => {
      child.on('error', reject);
      setTimeout(
        () => reject(new Error(`no word of it; it asked for ${server.requests}`)),
        LONGEST_MS,
      ).unref();
    });
    return await Promise.race([told, late]);
  } finally {
    await ended(child);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const inBrowser =
  (start: Start) =>
  async (project: Project): Promise<Shown> => {
    const told = await spoken(project, start);
    if (told === undefined) return { said: 'not run: it is not installed here' };
    const { agent, error, page, worker, serviceWorker } = told;
    const isRight = [page, worker, serviceWorker].every((one) => 'said' in one && one.said === 'hello world');
    if (error !== undefined || !isRight || page.rms < 0.01) throw new Error(JSON.stringify(told));
    const version = agent.match(/(?:Firefox|AppleWebKit)\/[\d.]+/)?.[0] ?? agent;
    const note = [version, page.features, page.threadsReason].filter(Boolean).join('; ');
    return { said: `${page.said}; in a worker; in a service worker`, threads: page.threads, note };
  };

export const inFirefox = inBrowser(firefox);
export const inWebkit = inBrowser(webkit);
