// If this fails, a sample copied from the browser guide does not compile, bundle or run.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { type ServerOptions, startServer } from '../../bench/lib/browser/static-server.js';

const test = suite('browser guide');
const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs', 'browser.md'), 'utf8');

/** Blocks of a language, with the file name that stands beside it. */
function blocks(language: string): { name: string | undefined; code: string }[] {
  const pattern = new RegExp(`^\`\`\`${language}(?: (\\S+))?\\n(.*?)^\`\`\`$`, 'gms');
  return [...guide.matchAll(pattern)].map(([, name, code]) => ({ name, code: code! }));
}

const samples = blocks('ts').map(({ name, code }, n) => ({ name: name ?? `sample-${n + 1}.ts`, code }));
const only = (language: string): string => {
  const found = blocks(language).filter(({ name }) => language !== 'html' || name === undefined);
  assert.is(found.length, 1, `${found.length} blocks of ${language}`);
  return found[0]!.code;
};

/** A user's project: the package where npm puts it, the samples in src/. */
let project: string;
test.before(() => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  project = mkdtempSync(join(root, '.cache', 'browser-guide-'));
  mkdirSync(join(project, 'node_modules'));
  mkdirSync(join(project, 'src'));
  symlinkSync(root, join(project, 'node_modules', 'voirs'), 'dir');
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  for (const { name, code } of samples) writeFileSync(join(project, 'src', name), code);
});
test.after(() => rmSync(project, { recursive: true }));

test('compiles every sample against the package', () => {
  assert.ok(samples.length >= 6, `only ${samples.length} samples`);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = samples.map(({ name }) => join(project, 'src', name));
  // Without the types of Node: a page has none of it.
  const program = ts.createProgram(files, { ...options, rootDir: undefined, noEmit: true, types: [] });
  const found = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.includes('/src/'));
  const messages = found.map(
    ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
  assert.equal(messages, []);
});

test('runs its commands and loads its Vite configuration', async () => {
  const sh = spawnSync('sh', ['-e', '-c', only('sh')], { cwd: project, encoding: 'utf8' });
  assert.is(sh.status, 0, sh.stderr);
  const [, ...words] = guide.match(/`npx (esbuild [^`]*)`/)![1]!.split(' ');
  const esbuild = join(root, 'node_modules', '.bin', 'esbuild');
  const bundled = spawnSync(esbuild, words, { cwd: project, encoding: 'utf8' });
  assert.is(bundled.status, 0, bundled.stderr);

  const path = join(project, 'vite.config.js');
  writeFileSync(path, blocks('js').find(({ name }) => name === 'vite.config.js')!.code);
  const loaded: { default: unknown } = await import(pathToFileURL(path).href);
  const wanted = {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  };
  assert.equal(loaded.default, { server: wanted, preview: wanted, worker: { format: 'es' } });
});

test('starts a worker from less than half of the bytes of voirs.js', async () => {
  const { metafile } = await build({
    ...{ entryPoints: [join(project, 'src', 'speech-worker.ts')], outdir: join(project, 'out') },
    ...{ bundle: true, minify: true, splitting: true, format: 'esm', target: 'es2022', charset: 'utf8' },
    ...{ metafile: true, write: false, absWorkingDir: project, logLevel: 'error' },
  });
  const { outputs } = metafile;
  const needed = new Set([Object.keys(outputs).find((path) => path.endsWith('speech-worker.js'))!]);
  for (const path of needed)
    for (const { path: next, kind } of outputs[path]!.imports)
      if (kind === 'import-statement') needed.add(next);
  const bytes = [...needed].reduce((sum, path) => sum + outputs[path]!.bytes, 0);
  assert.ok(bytes > 200_000 && bytes < 528_000, `${bytes} bytes before anything is loaded on demand`);
  const inputs = [...needed].flatMap((path) => Object.keys(outputs[path]!.inputs));
  assert.equal(
    inputs.filter((path) => /en-us|webgpu|documents|foreign/.test(path)),
    [],
  );
});

const browser = await openBrowser();
if (browser) {
  /** Opens a page of a server. @returns its console once it is done. @throws what goes wrong on the page. */
  async function said(page: string, options: ServerOptions, headers: Record<string, string> = {}) {
    const files = new Map([...(options.files ?? []), ['/index.html', page]]);
    const respond = (path: string) => (path === '/index.html' ? { headers } : undefined);
    await using server = await startServer({ isolated: true, ...options, files, respond });
    return await browser!.visit({
      url: `http://127.0.0.1:${server.port}/index.html`,
      drive: async (opened) => {
        const lines: string[] = [];
        const isDone = new Promise<void>((resolve, reject) => {
          opened.on('console', (message) => {
            if (message.type() !== 'log') return;
            if (message.text() === 'DONE') resolve();
            else lines.push(message.text());
          });
          opened.on('pageerror', reject);
        });
        await opened.mouse.click(10, 10); // sound needs a click
        await opened.evaluate(() => Object.assign(globalThis, { isStarted: true }));
        await isDone;
        return lines;
      },
    });
  }

  /** A page that runs a module after a click, so that no line of its console is missed. */
  const pageOf = (path: string): string =>
    `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>guide</title>
     <body><script type="module" src="/start.js" data-module="${path}"></script>`;
  const START = `
    const { module } = document.querySelector('[data-module]').dataset;
    while (!globalThis.isStarted) await new Promise((resolve) => setTimeout(resolve, 10));
    await import(module);
    console.log('DONE');
  `;

  test('plays the page without a bundler', async () => {
    await using server = await startServer({
      files: new Map([['/index.html', only('html')]]),
      mounts: { '/voirs/': root },
    });
    const { value } = await browser.visit({
      url: `http://127.0.0.1:${server.port}/index.html`,
      beforePage: `
        globalThis.played = new Promise((resolve) => {
          HTMLMediaElement.prototype.play = async function () {
            resolve(await (await fetch(this.src)).arrayBuffer());
          };
        });
      `,
      drive: async (page) => {
        // The module's top has awaited the pipeline before it listens: until then clicks are lost.
        const bytes = page.evaluate(async () => {
          const { played } = globalThis as unknown as { played: Promise<ArrayBuffer> };
          return [...new Uint8Array(await played)];
        });
        const clicks = setInterval(() => page.click('#speak').catch(() => {}), 300);
        try {
          return await bytes;
        } finally {
          clearInterval(clicks);
        }
      },
    });
    assert.is(String.fromCharCode(...value.slice(0, 4)), 'RIFF');
    assert.ok(value.length > 20_000, `${value.length} bytes`);
  });

  test('reads a page with the element', async () => {
    const { code } = blocks('html').find(({ name }) => name === 'story.html')!;
    await using server = await startServer({
      files: new Map([['/index.html', code]]),
      mounts: { '/voirs/': root },
    });
    const { value } = await browser.visit({
      url: `http://127.0.0.1:${server.port}/index.html`,
      drive: async (page) => {
        await page.click('voirs-speech');
        const handle = await page.waitForFunction(() => {
          const [range] = CSS.highlights.get('voirs-word') ?? [];
          return range && String(range);
        });
        return handle.jsonValue();
      },
    });
    assert.ok(code.includes(value!), value);
  });

  test("speaks from the copied files under the guide's policy", async () => {
    const public_ = join(project, 'public');
    const mounts = { '/': public_ };
    const headers = { 'Content-Security-Policy': only('csp').trim() };
    const files = new Map([['/start.js', START]]);
    const page = pageOf('/main.js').replace(/<link[^>]*>/, ''); // its icon is no file of the page's own
    const { value, complaints } = await said(page, { mounts, files }, headers);
    assert.equal(
      complaints.filter((line) => !/favicon/.test(line) && !/404/.test(line)),
      [],
    );
    assert.equal(
      value.map((line) => line.split(' ')[0]),
      ['hello', 'from', 'a', 'bundle'],
    );
  });

  for (const { name, code } of samples) {
    if (name === 'main.ts' || name === 'speech-worker.ts') continue; // run above, and by the page that starts it
    test(`runs ${name}`, async () => {
      const outdir = join(project, 'out');
      await build({
        entryPoints: samples.map(({ name }) => join(project, 'src', name)),
        ...{ outdir, bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022' },
        ...{ absWorkingDir: project, logLevel: 'silent' },
      });
      const files = new Map([['/start.js', START]]);
      const mounts = {
        '/out/': outdir,
        '/voirs/': root,
        '/vendor/': join(root, 'vendor'),
        '/weights/': join(root, 'weights'),
      };
      const { value, complaints } = await said(pageOf(`/out/${name.replace('.ts', '.js')}`), {
        mounts,
        files,
      });
      assert.equal(complaints, []);
      assert.ok(value.length > 0, 'it printed nothing');
      if (/Player/.test(code)) assert.match(value[0]!, /^(each|word|lights|up|while|you|hear|it|undefined)$/);
      if (name === 'speak-in-worker.ts') assert.ok(Number.parseFloat(value[0]!) > 0.8, value[0]);
      if (name === 'speak-in-worker.ts' && cpus().length > 1) assert.match(value[0]!, /on [2-4] threads$/);
    });
  }

  test.after(() => browser.close());
}
test.run();
