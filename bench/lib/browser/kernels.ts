// In a page: our kernels against TensorFlow.js's, shape by shape, on one heap and one thread.
import { CompositeOps } from '../../../src/backends/reference.js';
import { acquireBackend } from '../../../src/backends/registry.js';
import { WasmOps } from '../../../src/backends/wasm/ops.js';
import { setAssetBase } from '../../../src/host/assets.js';
import { operationTable } from '../kernel-ops.js';
import { shapeTable } from '../kernel-shapes.js';
import type { Table } from '../report.js';

/** @throws Error where our kernels could not be loaded. */
export async function run({ runs }: { runs: number }): Promise<{ tables: Table[]; features: string }> {
  setAssetBase('/package/');
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  const { ops } = backend;
  const features = backend.versions.features!;
  if (!(ops instanceof WasmOps) || !ops.kernels) throw new Error(`no own kernels: ${features}`);
  const stock = new CompositeOps('prelu');
  const tables = [
    await shapeTable(backend, stock, ops.kernels, runs),
    await operationTable(backend, stock, runs),
  ];
  stock.dispose();
  await release();
  return { tables, features };
}
