// If this fails, the GPU speaks differently from the models that were trained, or its absence is not
// explained.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { acquireBackend, backendPlugin } from '../../src/backends/registry.js';
import { hasDawn } from '../dawn.js';
import { voirsError } from '../expect.js';
import { parityPlan } from './plan.js';

const test = suite('webgpu where there is no GPU');
const isHere = await hasDawn(import.meta.url);

if (!isHere) {
  test('says why there is no GPU and what to do', async () => {
    const found = await (await backendPlugin('webgpu')).probe();
    assert.is(found.available, false);
    const { reason } = found as { reason: string };
    assert.match(reason, /npm install webgpu|driver/);
    const error = await voirsError(() => acquireBackend('webgpu', { numThreads: 1 }), 'DEVICE_ERROR');
    assert.is(error.got, reason);
  });
  test.run();
} else {
  // Every generator and a whole sentence take software minutes: VOIRS_TEST_SENTENCES=short,hello asks for
  // them.
  const sentences = process.env.VOIRS_TEST_SENTENCES?.split(',');
  parityPlan('webgpu', {
    golden: 1e-3,
    streamed: 1e-5,
    longestStreamed: 0,
    sentences: sentences ?? [],
    ...(sentences ? {} : { tinyOnly: ['odd'] }),
  });
}
