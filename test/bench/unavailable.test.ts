// If this fails, a bench on a machine without Python or npm dies, or leaves a rival out without saying so.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachePath } from '../../bench/lib/cache.js';
import { ensureVenv } from '../../bench/lib/python.js';
import { isUnavailable } from '../../bench/lib/unavailable.js';
import { installRival } from '../../bench/rivals/install.js';

const test = suite('bench tools that are missing');
const path = process.env.PATH;

test.before.each(() => {
  process.env.PATH = '';
});
test.after.each(() => {
  process.env.PATH = path;
});

test('no Python: a reason, and nothing left behind', async () => {
  const requirements = fileURLToPath(new URL('../../bench/lib/quality/requirements.txt', import.meta.url));
  const venv = await ensureVenv('test-without-python', requirements);
  assert.ok(isUnavailable(venv) && venv.unavailable.includes('no Python 3.10'));
  assert.not(existsSync(cachePath('venvs', 'test-without-python')));
});

test('no npm: a reason that names the rival and its version', async () => {
  const installed = await installRival('voirs-no-such-rival', '1.2.3');
  assert.ok(isUnavailable(installed) && installed.unavailable.includes('voirs-no-such-rival 1.2.3'));
});

test.run();
