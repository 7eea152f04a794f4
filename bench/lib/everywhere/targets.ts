// The places where voirs is built and speaks: runtimes, servers, frameworks, bundlers. Each takes a recipe that the
// documentation shows, so that a row that fails is a recipe that fails.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestBrowser } from '../browser/harness.js';
import { startServer } from '../browser/static-server.js';
import { repositoryRoot } from '../cache.js';
import { inFirefox, inWebkit } from './other-browsers.js';
import type { Target } from './project.js';

const SPEAK = readFileSync(fileURLToPath(new URL('./speak.mjs', import.meta.url)), 'utf8');

/** Runs speak.mjs with a runtime. */
const runtime =
  (program: string, ...args: string[]): Target =>
  async (project) => {
    project.write('speak.mjs', SPEAK);
    const line = (await project.run(project.program(program), [...args, 'speak.mjs']))
      .trim()
      .split('\n')
      .at(-1)!;
    const { said, threads, threadsReason, sampleRate } = JSON.parse(line) as Record<string, string>;
    if (said !== 'hello world' || Number(sampleRate) !== 48_000) throw new Error(line);
    return { said, threads: Number(threads), note: threadsReason ?? '' };
  };

/** Asks a server for speech. @returns the seconds of a WAV, or the bytes of another format. */
async function heard(url: string, init?: RequestInit): Promise<string> {
  const response = await fetch(url, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`status ${response.status}: ${bytes.toString().slice(0, 200)}`);
  const seconds = (bytes.length - 44) / 2 / bytes.readUInt32LE(24);
  if (bytes.toString('latin1', 0, 4) === 'RIFF' && seconds > 0.5) return `${seconds.toFixed(2)} s of WAV`;
  const isMp3 = response.headers.get('Content-Type') === 'audio/mpeg' && bytes.length > 4000;
  if (isMp3) return `${bytes.length} bytes of MP3`;
  throw new Error(`no speech: ${bytes.length} bytes of ${response.headers.get('Content-Type')}`);
}

/** Runs a server of a recipe and asks it. */
const server =
  (recipe: string, program: string, args: readonly string[], path: string, init?: RequestInit): Target =>
  async (project) => {
    project.recipe(recipe);
    const command = program === 'node' ? process.execPath : project.program(program);
    await using running = await project.serve(command, [...args, recipe]);
    return { said: await heard(running.url + path, init) };
  };

/** Clicks a page's #speak and waits for its #said. */
async function clicked(url: string, browser: TestBrowser): Promise<string> {
  const { value, complaints } = await browser.visit({
    url,
    drive: async (page) => {
      await page.waitForSelector('#speak');
      await page.waitForLoadState('networkidle');
      await page.click('#speak');
      await page.waitForFunction(() => document.querySelector('#said')?.textContent !== '');
      return page.textContent('#said');
    },
  });
  const faults = complaints.filter((line) => !/favicon|404/.test(line));
  if (faults.length > 0) throw new Error(faults.join('; '));
  if (!value?.startsWith('hello from')) throw new Error(`#said is ${value}`);
  return value;
}

const PAGE = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Speech</title><link rel="icon" href="data:,">
<button id="speak">Speak</button><output id="said"></output><script type="module" src="${script}"></script>\n`;

/** The largest script below a folder whose name has this part. */
function largest(folder: string, part: RegExp): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => part.test(name));
  const sizes = files.map((name) => statSync(join(folder, name)).size);
  return `${Math.round(Math.max(0, ...sizes) / 1000)} kB`;
}

/** What a script loads before it begins: itself and what it imports, without what it loads on demand. */
function atOnce(folder: string, script: RegExp): string {
  const scripts = new Set(readdirSync(folder).filter((name) => script.test(name)));
  let bytes = 0;
  for (const name of scripts) {
    const text = readFileSync(join(folder, name), 'utf8');
    bytes += Buffer.byteLength(text);
    for (const [, next] of text.matchAll(/(?:\bfrom|\bimport) ?["'`]\.\/([^"'`]+\.js)["'`]/g))
      scripts.add(next!);
  }
  return `${Math.round(bytes / 1000)} kB`;
}

/** Next.js: a route handler and a client page, with nothing in next.config. */
const next =
  (...flags: string[]): Target =>
  async (project, browser) => {
    project.recipe('next-route.ts', 'app/api/speech/route.ts');
    project.recipe('next-page.tsx', 'app/page.jsx');
    // Without the types of React, which Next.js would install: the recipe is compiled by the tests.
    project.write(
      'app/page.jsx',
      project.read('app/page.jsx').replace('useRef<Promise<VoirsPipeline> | undefined>', 'useRef'),
    );
    project.write(
      'app/api/speech/route.js',
      project
        .read('app/api/speech/route.ts')
        .replace(': Promise<VoirsPipeline> | undefined', '')
        .replace('request: Request): Promise<Response>', 'request)'),
    );
    project.remove('app/api/speech/route.ts');
    project.write(
      'app/layout.jsx',
      'export default function Layout({ children }) {\n  return <html lang="en"><body>{children}</body></html>;\n}\n',
    );
    project.publicFiles();
    await project.run(project.program('next'), ['build', ...flags]);
    await using running = await project.serve(project.program('next'), ['start', '-p', '0']);
    const route = await heard(`${running.url}/api/speech?text=Hello%20from%20a%20route.`);
    const page = browser ? await clicked(`${running.url}/`, browser) : 'no browser';
    return { said: `route: ${route}; page: ${page}` };
  };

const vite: Target = async (project, browser) => {
  const guide = readFileSync(join(repositoryRoot, 'docs', 'browser.md'), 'utf8');
  project.write('vite.config.js', guide.match(/^```js vite\.config\.js\n(.*?)^```$/ms)![1]!);
  project.recipe('vite-main.ts', 'src/main.ts');
  project.recipe('speech-worker.ts', 'src/speech-worker.ts');
  project.write('index.html', PAGE('/src/main.ts'));
  project.publicFiles();
  await project.run(project.program('vite'), ['build']);
  const assets = project.at('dist', 'assets');
  const note = `at once: page ${atOnce(assets, /^index-.*\.js$/)}, worker ${atOnce(assets, /^speech-worker-.*\.js$/)}`;
  if (!browser) return undefined;
  await using running = await project.serve(project.program('vite'), [
    'preview',
    '--port',
    '0',
    '--host',
    '127.0.0.1',
  ]);
  return { said: await clicked(`${running.url}/`, browser), note };
};

const webpack: Target = async (project, browser) => {
  project.recipe('webpack.config.mjs');
  project.recipe('webpack-main.js', 'src/main.js');
  project.publicFiles();
  await project.run(project.program('webpack'), ['--config', 'webpack.config.mjs']);
  const note = `main.js ${largest(project.at('dist'), /^main\.js$/)}`;
  if (!browser) return undefined;
  const mounts = { '/voirs/': project.at('public', 'voirs'), '/': project.at('dist') };
  await using served = await startServer({
    files: new Map([['/index.html', PAGE('/main.js')]]),
    mounts,
    isolated: true,
  });
  return { said: await clicked(`http://127.0.0.1:${served.port}/index.html`, browser), note };
};

/** A server's code in one file, as ES module and as CommonJS. */
const esbuild: Target = async (project) => {
  project.write('server.mjs', SPEAK);
  const flags = ['server.mjs', '--bundle', '--platform=node', '--log-level=error'];
  await project.run(project.program('esbuild'), [...flags, '--format=esm', '--outfile=out/deep/server.mjs']);
  const line = (await project.run(process.execPath, ['out/deep/server.mjs'])).trim();
  const { said, threads } = JSON.parse(line) as { said: string; threads: number };
  if (said !== 'hello world') throw new Error(line);
  return { said, threads, note: `server.mjs ${largest(project.at('out'), /server\.mjs$/)}` };
};

/** Electron's binary is not on npm: the recipe is held to its types. */
const electron: Target = async (project) => {
  for (const name of ['electron-main.mjs', 'electron-preload.cjs']) project.recipe(name);
  const flags = [
    '--noEmit',
    '--allowJs',
    '--checkJs',
    '--skipLibCheck',
    '--target',
    'es2023',
    '--types',
    'node',
  ];
  const args = [
    '--module',
    'nodenext',
    '--lib',
    'es2023,esnext.disposable,dom',
    '--moduleResolution',
    'nodenext',
  ];
  await project.run(project.program('tsc'), [...flags, ...args, 'electron-main.mjs', 'electron-preload.cjs']);
  return { said: 'not run: compiled against the types of Electron' };
};

const ask = '/speech?text=Hello%20from%20a%20server.';
const post: RequestInit = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ text: 'Hello from a server.' }),
};

/** By the names of packages.json. */
export const TARGETS: Readonly<Record<string, Target>> = {
  'node-20': runtime('node'),
  'node-22': runtime('node'),
  'node-24': runtime('node'),
  bun: async (project, browser) => {
    const spoken = await runtime('bun', 'run')(project, browser);
    const { said } = (await server('bun.ts', 'bun', ['run'], ask)(project, browser))!;
    return { ...spoken!, said: `${spoken!.said}; server: ${said}` };
  },
  deno: async (project, browser) => {
    const spoken = await runtime('deno', 'run', '-A')(project, browser);
    const { said } = (await server('deno.ts', 'deno', ['run', '-A'], ask)(project, browser))!;
    return { ...spoken!, said: `${spoken!.said}; server: ${said}` };
  },
  express: server('express.mjs', 'node', [], ask),
  fastify: server('fastify.mjs', 'node', [], '/speech', post),
  'next-turbopack': next(),
  'next-webpack': next('--webpack'),
  vite,
  webpack,
  esbuild,
  firefox: inFirefox,
  webkit: inWebkit,
  electron,
};
