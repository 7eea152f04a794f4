// The webgpu backend in a page: one convolution by our kernel and by the reference, a fault, a lost device.
import * as tf from '#tf';
import type { Ops } from '../../../src/backends/ops.js';
import { CompositeOps } from '../../../src/backends/reference.js';
import { WebgpuBackend, webgpuPlugin } from '../../../src/backends/webgpu/backend.js';
import { openGpu } from '../../../src/backends/webgpu/device.js';

export async function run({ probeOnly }: { probeOnly: boolean }): Promise<unknown> {
  const found = await webgpuPlugin.probe();
  if (probeOnly) return found;
  const gpu = await openGpu();
  const backend = new WebgpuBackend(gpu);
  const wave = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i * 1.7));
  const convolve = async (ops: Ops): Promise<Float32Array> => {
    const y = backend.run(() => {
      const form = { inChannels: 8, outChannels: 8, kernel: 3, dilation: 3, padding: 3, leakyIn: 0.1 };
      const layer = ops.prepareConv1d({ ...form, weight: wave(8 * 8 * 3) });
      const x = tf.tensor3d(wave(50 * 8), [1, 50, 8]);
      const sum = ops.conv1d(x, layer, x);
      layer.dispose();
      return sum;
    });
    const out = new Float32Array(y.size);
    await backend.read(y, out);
    y.dispose();
    return out;
  };
  const [own, reference] = [await convolve(backend.ops), await convolve(new CompositeOps('leakyrelu'))];
  gpu.device.destroy();
  const lost = await convolve(backend.ops).then(
    () => undefined,
    (error: { code: string; message: string }) => `${error.code} ${error.message}`,
  );
  return { adapter: backend.versions.adapter, own, reference, lost };
}
