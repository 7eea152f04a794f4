// If this fails, a developer whose server or page is set up wrongly gets silence, garbage or an error that
// does not say what to change.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser, type PageOptions } from '../../bench/lib/browser/harness.js';
import type { Answer } from '../../bench/lib/browser/static-server.js';
import type { ClassicAnswers } from './pages/classic.js';
import type { Seen, TroubleWish } from './pages/trouble.js';

const test = suite('bad input in a browser');
const script = new URL('./pages/trouble.ts', import.meta.url);
const browser = await openBrowser();

/** The module that one thread of the wasm backend needs. */
const MODULE = '/package/vendor/wasm/tfjs-backend-wasm-simd.wasm';
const KERNELS = /voirs-kernels.*\.wasm$/;
const PAGE = '<!doctype html><title>A start page</title>';
const onDisk = (path: string): Buffer =>
  readFileSync(new URL(`../..${path.replace('/package', '')}`, import.meta.url));
const answerAt =
  (wanted: string | RegExp, answer: Answer) =>
  (path: string): Answer | undefined =>
    (typeof wanted === 'string' ? path === wanted : wanted.test(path)) ? answer : undefined;

test('breaks the files that the backend loads', () => {
  assert.ok(WebAssembly.validate(new Uint8Array(onDisk(MODULE))));
});

if (browser) {
  const load = async (wish: TroubleWish, options: Partial<PageOptions> = {}): Promise<Seen> =>
    (await browser.run<Seen>({ script, argument: wish, ...options })).value;
  const refusal = async (wish: TroubleWish, options: Partial<PageOptions>) => {
    const { error, backend } = await load(wish, options);
    assert.ok(error, `it loaded on ${backend?.name}`);
    return error;
  };

  const broken: Record<string, { answer: Answer; got: RegExp }> = {
    'is not there': { answer: { status: 404, body: 'no' }, got: /^status 404 from http.*simd\.wasm$/ },
    'is answered with the start page': {
      answer: { type: 'text/html; charset=utf-8', body: PAGE },
      got: /^a page \(text\/html\) from http.*simd\.wasm$/,
    },
    'is a page under another type': {
      answer: { type: 'application/octet-stream', body: PAGE },
      got: /not a whole WebAssembly module from http.*simd\.wasm \(42 bytes, application\/octet-stream; .*magic/,
    },
    'is truncated': {
      answer: { body: onDisk(MODULE).subarray(0, 100_000) },
      got: /not a whole WebAssembly module from http.*simd\.wasm \(application\/wasm; /,
    },
    'is truncated and has no type': {
      answer: { body: onDisk(MODULE).subarray(0, 100_000), type: 'application/octet-stream' },
      got: /simd\.wasm \(100000 bytes, application\/octet-stream; /,
    },
    'is not available': { answer: { status: 503, body: 'later' }, got: /^status 503 from http/ },
  };
  for (const [what, { answer, got }] of Object.entries(broken)) {
    test(`names the URL and what to serve where the module ${what}`, async () => {
      const error = await refusal({ backend: 'wasm' }, { respond: answerAt(MODULE, answer) });
      assert.is(error.code, 'DEVICE_ERROR');
      assert.match(error.got!, got);
      assert.match(error.suggestion!, /Serve the folders vendor and weights .*setAssetBase.*backend: "cpu"/);
      assert.not.match(error.message, /Reinstall/);
    });
  }

  test('asks for the version of the code where the module has another', async () => {
    const body = onDisk('/package/vendor/wasm/voirs-kernels.wasm');
    const error = await refusal({ backend: 'wasm' }, { respond: answerAt(MODULE, { body }) });
    assert.is(error.code, 'DEVICE_ERROR');
    assert.match(error.suggestion!, /vendor\/wasm of the same version/);
  });

  test('speaks with a module of a wrong type', async () => {
    const respond = answerAt(/\.wasm$/, { type: 'text/plain' });
    const { backend, peak } = await load({ backend: 'wasm', text: 'Yes.' }, { respond });
    assert.match(backend!.versions.features!, /own convolutions/);
    assert.ok(peak! > 0.05);
  });

  test('chooses cpu without the module and says why', async () => {
    const { backend } = await load(
      { backend: 'auto' },
      { respond: answerAt(MODULE, { status: 404, body: '' }) },
    );
    assert.is(backend!.name, 'cpu');
    assert.match(backend!.choice!, /wasm: .*status 404 from http.*setAssetBase/);
  });

  test('reports stock kernels and one thread where ours are missing', async () => {
    const respond = answerAt(KERNELS, { status: 404, body: '' });
    const { backend } = await load({ backend: 'wasm', numThreads: 2 }, { respond, isolated: true });
    assert.match(backend!.versions.features!, /stock convolutions \(status 404 from http.*voirs-kernels/);
    assert.is(backend!.threads, 1);
    assert.match(backend!.threadsReason!, /no own kernels.*status 404/);
  });

  test('names both headers without cross-origin isolation', async () => {
    const { backend } = await load({ backend: 'wasm', numThreads: 2 });
    assert.is(backend!.threads, 1);
    assert.match(backend!.threadsReason!, /Cross-Origin-Opener-Policy: same-origin/);
    assert.match(backend!.threadsReason!, /Cross-Origin-Embedder-Policy: require-corp/);
    assert.is((await load({ backend: 'wasm' })).backend!.threadsReason, undefined, 'one was asked for');
  });

  test('says why there is one thread without SharedArrayBuffer', async () => {
    const beforePage = 'delete globalThis.SharedArrayBuffer;';
    const { backend } = await load({ backend: 'wasm', numThreads: 2 }, { isolated: true, beforePage });
    assert.is(backend!.threads, 1);
    assert.match(backend!.threadsReason!, /no SharedArrayBuffer/);
  });

  test('names the URL of a thread script that is missing', async () => {
    for (const answer of [
      { status: 404, body: '' },
      { type: 'text/html', body: PAGE },
    ]) {
      const respond = answerAt(/voirs-kernels-worker\.js$/, answer);
      const seen = await load({ backend: 'wasm', numThreads: 2, text: 'Yes.' }, { respond, isolated: true });
      assert.is(seen.backend!.threads, 1);
      assert.match(seen.backend!.threadsReason!, /http.*voirs-kernels-worker\.js: serve it/);
      assert.ok(seen.peak! > 0.05);
    }
  });

  test('refuses wasm without SIMD, and chooses cpu', async () => {
    const old = (await openBrowser({ flags: ['--js-flags=--no-enable-sse4-1'] }))!;
    try {
      const run = async (backend: string): Promise<Seen> =>
        (await old.run<Seen>({ script, argument: { backend } })).value;
      const { error, backend } = await run('wasm');
      if (backend && process.arch !== 'x64') return; // the flag takes SIMD away from x64 only
      assert.is(error!.code, 'DEVICE_ERROR');
      assert.match(error!.message, /no WebAssembly SIMD; use the cpu backend or a newer runtime/);
      const chosen = (await run('auto')).backend!;
      assert.is(chosen.name, 'cpu');
      assert.match(chosen.choice!, /no WebAssembly SIMD/);
    } finally {
      await old.close();
    }
  });

  test('says what to turn on without WebAssembly or under a policy', async () => {
    const none = await refusal({ backend: 'wasm' }, { beforePage: 'delete globalThis.WebAssembly;' });
    assert.match(none.message, /no WebAssembly .*turn it on for this page, or use the cpu backend/);
    const headers = { 'Content-Security-Policy': "script-src 'self'" };
    const forbidden = await refusal({ backend: 'wasm' }, { respond: answerAt('/index.html', { headers }) });
    assert.match(forbidden.got!, /a policy of the page/);
    assert.match(forbidden.suggestion!, /'wasm-unsafe-eval' to script-src/);
  });

  test('names the file of missing or damaged weights', async () => {
    const file = '/package/weights/aspen/vocoder-v2.safetensors';
    const size = onDisk(file).length;
    const answers: [Answer, RegExp][] = [
      [{ status: 404, body: '' }, /status 404 from http.*vocoder-v2.*setAssetBase/],
      [{ type: 'text/html', body: PAGE }, /a page \(text\/html\) from http.*setAssetBase/],
      [
        { body: onDisk(file).subarray(0, 5000) },
        new RegExp(`wrong size; got 5000 bytes; wanted ${size} bytes`),
      ],
    ];
    for (const [answer, message] of answers) {
      const error = await refusal({ backend: 'wasm' }, { respond: answerAt(file, answer) });
      assert.is(error.code, 'INVALID_WEIGHTS');
      assert.match(error.message, message);
    }
  });

  const OTHER_ORIGIN = 'http://localhost:PORT/package/';

  test('names the header that assets of another origin lack', async () => {
    const error = await refusal({ backend: 'wasm', base: OTHER_ORIGIN }, {});
    assert.match(error.message, /no answer from http:\/\/localhost:.*Access-Control-Allow-Origin: http/);
    const local = await refusal({ backend: 'wasm', base: 'file:///where/it/was/bundled/' }, {});
    assert.match(local.message, /no answer from file:.*setAssetBase/);
  });

  test('speaks on two threads with assets of another origin', async () => {
    const headers = {
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    };
    const { backend, peak } = await load(
      { backend: 'wasm', base: OTHER_ORIGIN, numThreads: 2, text: 'Yes.' },
      { isolated: true, respond: answerAt(/^\/package\//, { headers }) },
    );
    assert.equal([backend!.threads, backend!.threadsReason], [2, undefined]);
    assert.ok(peak! > 0.05);
  });

  test('speaks in a classic script and in a worker made of a blob', async () => {
    const entryPoints = [fileURLToPath(new URL('./pages/classic-program.ts', import.meta.url))];
    const { outputFiles } = await build({
      ...{ entryPoints, bundle: true, format: 'iife', platform: 'browser', target: 'es2022' },
      ...{ write: false, logLevel: 'silent' },
    });
    const { value } = await browser.run<ClassicAnswers>({
      script: new URL('./pages/classic.ts', import.meta.url),
      respond: answerAt('/classic.js', { body: outputFiles[0]!.contents }),
    });
    const [lostPage, page] = value.page;
    const [lostWorker, worker] = value.worker;
    assert.match(lostPage!.error!, /status 404 from http.*setAssetBase/);
    assert.match(lostWorker!.error!, /not a whole URL here.*setAssetBase/);
    assert.ok(page!.rms! > 0.01 && worker!.rms! > 0.01);
  });

  test('speaks in a page that is no secure context', async () => {
    const { peak } = await load({ backend: 'wasm', text: 'Yes.' }, { insecure: true });
    assert.ok(peak! > 0.05);
  });

  test.after(() => browser.close());
}
test.run();
