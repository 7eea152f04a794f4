// Finds out whether libtensorflow is set up on this machine; tests that need it print that they are skipped.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { backendPlugin } from '../../../src/backends/registry.js';

/** Where `voirs setup tensorflow --dir .cache/tensorflow` sets it up for one checkout. */
const ofCheckout = fileURLToPath(new URL('../../../.cache/tensorflow', import.meta.url));

/**
 * Whether the tensorflow backend loads; where it does not, prints the reason on a line that begins with SKIP.
 */
export async function tensorflowHere(): Promise<boolean> {
  if (existsSync(`${ofCheckout}/setup.json`)) process.env.VOIRS_TENSORFLOW_DIR ??= ofCheckout;
  const found = await (await backendPlugin('tensorflow')).probe();
  if (found.available) return true;
  console.log(`SKIP: ${found.reason}`);
  return false;
}
