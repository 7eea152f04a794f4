// If this fails, the browser tests prove nothing: pages do not run, or their errors are lost.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser, PageError } from '../../bench/lib/browser/harness.js';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';

const test = suite('browser harness');
const browser = await openBrowser();
const script = new URL('./pages/environment.ts', import.meta.url);

interface Facts {
  isIsolated: boolean;
  isSecure: boolean;
  hasSharedMemory: boolean;
  name: string;
  floats: Float32Array;
  gpu?: string;
}

test('skips without a browser and says what to do', async () => {
  const given = process.env.CHROMIUM_PATH;
  const { log } = console;
  const said: string[] = [];
  try {
    process.env.CHROMIUM_PATH = 'none';
    console.log = (line: string) => said.push(line);
    assert.is(findChromium(), undefined);
    assert.is(await openBrowser(), undefined);
  } finally {
    console.log = log;
    if (given === undefined) delete process.env.CHROMIUM_PATH;
    else process.env.CHROMIUM_PATH = given;
  }
  assert.equal(said, [`SKIP: no browser here; ${CHROMIUM_ADVICE}`]);
});

if (browser) {
  test('runs a page, isolated or not, and returns its values', async () => {
    for (const isolated of [false, true]) {
      const { value, complaints, requests } = await browser.run<Facts>({ script, argument: {}, isolated });
      assert.is(value.isIsolated, isolated);
      assert.is(value.hasSharedMemory, isolated);
      assert.is(value.isSecure, true);
      assert.is(value.name, 'voirs');
      assert.equal([...value.floats], [0.5, -1]);
      assert.instance(value.floats, Float32Array);
      assert.equal(complaints, []);
      assert.ok(requests.includes('/package/package.json'));
    }
  });

  test('reports an error, a warning and a page that never ends', async () => {
    try {
      await browser.run({ script, argument: { fail: true } });
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.instance(error, PageError);
      const { code, got, suggestion } = error as PageError;
      assert.equal([code, got, suggestion], ['DEVICE_ERROR', 'a wish', 'Wish otherwise']);
    }
    const { complaints } = await browser.run({ script, argument: { complain: 'ouch' } });
    assert.equal(complaints, ['ouch']);
    const late = browser.run({ script, argument: { forever: true }, timeoutMs: 300 });
    await late.then(
      () => assert.unreachable('nothing was thrown'),
      (error: Error) => assert.match(error.message, /took over 0.3 s/),
    );
  });

  test('answers as the test chooses, in a context that is not secure', async () => {
    const { value } = await browser.run<Facts>({
      script,
      argument: {},
      insecure: true,
      respond: (path) => (path === '/package/package.json' ? { body: '{"name":"another"}' } : undefined),
    });
    assert.is(value.name, 'another');
    assert.is(value.isSecure, false);
  });

  test('gives WebGPU by SwiftShader', async () => {
    const software = (await openBrowser({ webgpu: true }))!;
    try {
      const { value } = await software.run<Facts>({ script, argument: { adapter: true } });
      assert.is(value.gpu, 'swiftshader');
    } finally {
      await software.close();
    }
  });

  test.after(() => browser.close());
}
test.run();
