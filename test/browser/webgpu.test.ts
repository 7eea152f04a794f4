// If this fails, browsers with WebGPU compute wrong samples, or those without give no advice.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { maxAbs } from '../../bench/lib/goldens.js';
import { webgpuPlugin } from '../../src/backends/webgpu/backend.js';
import { tinyVoice } from '../tiny-voice.js';
import type { BothSpoken } from './pages/webgpu-sentence.js';

const test = suite('webgpu in a browser');
const script = new URL('./pages/webgpu.ts', import.meta.url);
const browser = await openBrowser({ webgpu: true });
const voice = tinyVoice();
test.after(() => voice.remove());

test('uses one thread of the host', () => {
  assert.is(webgpuPlugin.maxThreads, 1);
});

if (browser) {
  test('computes what the reference does, and reports a lost device', async () => {
    const { value } = await browser.run<{
      adapter: string;
      own: Float32Array;
      reference: Float32Array;
      lost: string;
    }>({ script, argument: { probeOnly: false } });
    assert.match(value.adapter, /software/i);
    assert.ok(value.own.some((v) => v !== 0));
    assert.ok(maxAbs(value.own, value.reference) < 1e-4);
    assert.match(value.lost, /^DEVICE_ERROR .*lost/);
  });

  test('speaks a whole sentence as wasm does, with few shaders', async () => {
    const { value } = await browser.run<BothSpoken>({
      script: new URL('./pages/webgpu-sentence.ts', import.meta.url),
      argument: { text: 'Yes.', weights: '/voice/' },
      mounts: { '/voice/': voice.folder },
    });
    const { wasm, webgpu, shaders } = value;
    assert.ok(wasm.length > 22050 * 0.4);
    // Nothing is shared but the text: durations, F0 and the phase of the excitation are each backend's own.
    const difference = maxAbs(webgpu, wasm);
    assert.ok(difference <= 1e-3, `differs from wasm by ${difference}`);
    assert.ok(
      shaders > 0 && shaders <= 32,
      `${shaders} shaders for a voice; on software each takes a second`,
    );
  });

  test('says what to do without WebGPU or an adapter', async () => {
    const probe = async (gpu: string) =>
      (
        await browser.run<{ available: boolean; reason: string }>({
          script,
          argument: { probeOnly: true },
          beforePage: `Object.defineProperty(navigator, 'gpu', { value: ${gpu} });`,
        })
      ).value;
    const [none, empty] = [await probe('undefined'), await probe('{ requestAdapter: async () => null }')];
    assert.equal([none.available, empty.available], [false, false]);
    assert.match(none.reason, /no WebGPU .*backend "wasm"/);
    assert.match(empty.reason, /no adapter; install the driver/);
  });

  test.after(() => browser.close());
}
test.run();
