// If this fails, `voirs studio` serves files that are nobody's business, or a page without threads, or does not start.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startStudioServer } from '../../src/cli/studio-server.js';

const test = suite('voirs studio');
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Got {
  status: number;
  headers: Record<string, unknown>;
  body: Buffer;
}

const { server, url } = await startStudioServer(root, 0);
test.after(() => {
  server.close();
  server.closeAllConnections();
});

/** A request whose path is sent as it is written. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(parts) }),
      );
    })
      .on('error', reject)
      .end();
  });
}

test('serves the page and the files of the package, isolated', async () => {
  const page = await ask('/');
  assert.is(page.status, 200);
  assert.match(page.body.toString(), /<title>voirs studio<\/title>/);
  assert.match(page.body.toString(), /Content-Security-Policy/);
  assert.not.match(page.body.toString(), /'unsafe-/);
  for (const [path, type] of [
    ['/voirs/vendor/wasm/voirs-kernels.wasm', /^application\/wasm$/],
    ['/voirs/dist/browser/voirs.js', /^text\/javascript/],
    ['/voirs/dist/player/worklet.js', /^text\/javascript/],
    ['/manifest.webmanifest', /^application\/manifest\+json$/],
  ] as const) {
    const { status, headers } = await ask(path, {}, 'HEAD');
    assert.is(status, 200, path);
    assert.match(String(headers['content-type']), type);
    assert.is(headers['cross-origin-opener-policy'], 'same-origin');
    assert.is(headers['cross-origin-embedder-policy'], 'require-corp');
  }
});

test('keeps everything else to itself', async () => {
  for (const path of [
    '/voirs/package.json',
    '/voirs/dist/cli/main.js',
    '/voirs/dist/browser/../../package.json',
    '/voirs/dist/browser/%2e%2e/%2e%2e/package.json',
    '/../package.json',
    '/..%2f..%2fpackage.json',
    '/..%5c..%5cpackage.json',
    '/.stamp',
    '/voirs/weights/',
    '/assets',
    '/%00',
    '/%ff',
  ])
    assert.is((await ask(path)).status, 404, path);
  assert.is((await ask('/', {}, 'POST')).status, 405);
  assert.is((await ask('/', { host: 'evil.example' })).status, 421);
});

test('answers with a part of a file, and with nothing new for a known one', async () => {
  const path = '/voirs/dist/player/worklet.js';
  const file = readFileSync(join(root, 'dist', 'player', 'worklet.js'));
  const whole = await ask(path);
  assert.ok(whole.body.equals(file));
  const part = await ask(path, { range: 'bytes=100-' });
  assert.is(part.status, 206);
  assert.is(part.headers['content-range'], `bytes 100-${file.length - 1}/${file.length}`);
  assert.ok(part.body.equals(file.subarray(100)));
  assert.is((await ask(path, { range: `bytes=${file.length}-` })).status, 416);
  assert.is((await ask(path, { range: 'bytes=0-9', 'if-range': '"other"' })).status, 200);
  assert.is((await ask(path, { 'if-none-match': String(whole.headers.etag) })).status, 304);
});

test('runs until it is stopped, and says where', async () => {
  const child = spawn(process.execPath, ['dist/cli/main.js', 'studio', '--port', '0'], { cwd: root });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const at = line.toString().match(/http:\/\/127\.0\.0\.1:\d+\//)![0];
  assert.is((await fetch(at)).status, 200);
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  assert.ok(code === 0 || code === 130, `${code}`);
  const taken = new URL(url).port;
  await startStudioServer(root, Number(taken)).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /is in use\. Choose another with --port/),
  );
});

test('writes the studio as static files', async () => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const folder = mkdtempSync(join(root, '.cache', 'studio-out-'));
  try {
    const run = async (out: string): Promise<number> => {
      const child = spawn(process.execPath, ['dist/cli/main.js', 'studio', '--out', out], { cwd: root });
      return ((await once(child, 'exit')) as [number])[0];
    };
    assert.is(await run(join(folder, 'site')), 0);
    const names = readdirSync(join(folder, 'site'), { recursive: true }).map(String);
    for (const name of [
      'index.html',
      'sw.js',
      'voirs/dist/browser/voirs.js',
      'voirs/weights/aspen/model.json',
    ])
      assert.ok(existsSync(join(folder, 'site', name)), name);
    assert.equal(
      names.filter((name) => /\.d\.ts$|\.map$|(^|[\\/])\./.test(name)),
      [],
    );
    assert.is(await run(join(folder, 'site')), 1, 'a folder that holds something');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
