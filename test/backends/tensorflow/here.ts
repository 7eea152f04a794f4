// Whether libtensorflow is set up on this machine; tests that need it say aloud that they were skipped.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendPlugin } from '../../../src/backends/registry.js';

/** `voirs setup tensorflow --dir .cache/tensorflow` serves a checkout alone. */
const ofCheckout = fileURLToPath(new URL('../../../.cache/tensorflow', import.meta.url));

/** True where the tensorflow backend loads; else the reason on stdout. */
export async function tensorflowHere(): Promise<boolean> {
  if (existsSync(`${ofCheckout}/setup.json`)) process.env.VOIRS_TENSORFLOW_DIR ??= ofCheckout;
  const found = await (await backendPlugin('tensorflow')).probe();
  if (found.available) return true;
  console.log(`SKIP: ${found.reason}`);
  return false;
}
