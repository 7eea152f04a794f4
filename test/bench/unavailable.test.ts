// If this fails, a bench on a machine without Python or npm dies, or leaves a rival out without a note.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachePath } from '../../bench/lib/cache.js';
import { ensureVenv } from '../../bench/lib/python.js';
import { isUnavailable } from '../../bench/lib/unavailable.js';
import { installRival } from '../../bench/rivals/install.js';

const test = suite('bench without its tools');
const path = process.env.PATH;

test.before.each(() => {
  process.env.PATH = '';
});
test.after.each(() => {
  process.env.PATH = path;
});

test('gives a reason without Python and leaves no files', async () => {
  const requirements = fileURLToPath(new URL('../../bench/lib/quality/requirements.txt', import.meta.url));
  const venv = await ensureVenv('test-without-python', requirements);
  assert.ok(isUnavailable(venv) && venv.unavailable.includes('no Python 3.10'));
  assert.not(existsSync(cachePath('venvs', 'test-without-python')));
});

test('names the rival and its version without npm', async () => {
  const installed = await installRival('voirs-no-such-rival', '1.2.3');
  assert.ok(isUnavailable(installed) && installed.unavailable.includes('voirs-no-such-rival 1.2.3'));
});

test.run();
