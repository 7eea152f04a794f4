// If this fails, a user with an incomplete set-up of libtensorflow does not learn which step is missing, or a
// damaged download is used.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backendPlugin } from '../../src/backends/registry.js';
import { CommonJsLoader } from '../../src/backends/tensorflow/binding.js';
import { STEPS } from '../../src/backends/tensorflow/place.js';
import { FUSED_ATTRIBUTES, withFusedAttributes } from '../../src/cli/setup/fused-attributes.js';
import { setupTensorflow } from '../../src/cli/setup/setup.js';
import { unpackWheel } from '../../src/cli/setup/wheel.js';
import { VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('set-up of libtensorflow');
let folder: string;
const before = { ...process.env };

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'voirs-setup-'));
  process.env.VOIRS_TENSORFLOW_DIR = folder;
});
test.after.each(() => {
  rmSync(folder, { recursive: true });
  Object.assign(process.env, before);
  if (before.VOIRS_TENSORFLOW_DIR === undefined) delete process.env.VOIRS_TENSORFLOW_DIR;
});

function put(path: string, content: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), content);
}

test('names the command that sets up, when nothing is set up', async () => {
  const found = await (await backendPlugin('tensorflow')).probe();
  assert.is(found.available, false);
  assert.match((found as { reason: string }).reason, /npx voirs setup tensorflow/);
  const error = await voirsError(() => VoirsPipeline.create({ backend: 'tensorflow' }), 'DEVICE_ERROR');
  assert.match(error.message, /npx voirs setup tensorflow/);
});

test('names the first missing step of an interrupted set-up', async () => {
  for (const [i, { file }] of STEPS.slice(0, -1).entries()) {
    put(file, '');
    const found = await (await backendPlugin('tensorflow')).probe();
    assert.match((found as { reason: string }).reason, new RegExp(`before step ${i + 2} of ${STEPS.length}`));
    assert.match((found as { reason: string }).reason, STEPS[i + 1]!.what);
  }
});

test('reports the message of the loader for a file that is no add-on', async () => {
  for (const { file } of STEPS) put(file, '{"tensorflow":"2.21.0","tfjsNode":"4.22.0","cuda":false}');
  const error = await voirsError(() => VoirsPipeline.create({ backend: 'tensorflow' }), 'DEVICE_ERROR');
  assert.match(error.message, /libtensorflow does not load/);
  assert.match(error.message, /--force/);
});

test('leaves a folder with other files as it is', async () => {
  put('letters/mother.txt', 'Dear mother');
  await voirsError(() => setupTensorflow({ folder, force: true }), 'INVALID_OPTIONS');
  assert.is(readFileSync(join(folder, 'letters', 'mother.txt'), 'utf8'), 'Dear mother');
});

test('names a missing program with its step', async () => {
  process.env.PATH = folder;
  const sources = await voirsError(() => setupTensorflow({ folder }), 'DEVICE_ERROR');
  assert.match(sources.message, /Step "sources".*npm/);
  put(join('tfjs-node', 'dist', 'nodejs_kernel_backend.js'), '');
  const library = await voirsError(() => setupTensorflow({ folder }), 'DEVICE_ERROR');
  assert.match(library.message, process.platform === 'linux' ? /Step "library".*pip/ : /Step "library"/);
  put(join('tensorflow', 'libtensorflow_cc.so.2'), '');
  put(join('tfjs-node', 'binding', 'tfjs_backend.cc'), FUSED_ATTRIBUTES.map(({ after }) => after).join(''));
  const addon = await voirsError(() => setupTensorflow({ folder }), 'DEVICE_ERROR');
  assert.match(addon.message, /Step "add-on".*g\+\+/);
  assert.not.ok(existsSync(join(folder, 'setup.json')));
});

test('refuses a set-up for the CPU when CUDA is wanted', async () => {
  process.env.PATH = folder;
  await voirsError(() => setupTensorflow({ folder }), 'DEVICE_ERROR');
  const error = await voirsError(() => setupTensorflow({ folder, cuda: true }), 'DEVICE_ERROR');
  assert.match(error.message, /for CUDA/);
});

/** A wheel of one file, with the hash that RECORD claims. */
function wheel(content: string, hash: string): string {
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);
  const path = join(folder, 'a.whl');
  const record = `tensorflow/a.so,sha256=${hash},5\na-1.dist-info/RECORD,,\n`;
  const files = { 'tensorflow/a.so': text(content), 'a-1.dist-info/METADATA': text('Name: a\n') };
  writeFileSync(path, zipSync({ ...files, 'a-1.dist-info/RECORD': text(record) }));
  return path;
}

/** SHA-256 of `hello`, base64url without padding. */
const HELLO = 'LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ';
const everything = (name: string) => (name.endsWith('.so') ? name : undefined);

test('unpacks the files of a wheel and its METADATA unchanged', async () => {
  const { metadata, files } = await unpackWheel(wheel('hello', HELLO), folder, everything);
  assert.is(metadata, 'Name: a\n');
  assert.equal(files, ['tensorflow/a.so']);
  assert.is(readFileSync(join(folder, 'tensorflow', 'a.so'), 'utf8'), 'hello');
});

test('leaves no file of a damaged or incomplete wheel', async () => {
  const damaged = wheel('hullo', HELLO);
  await assertRejects(() => unpackWheel(damaged, folder, everything), /RECORD/);
  const whole = readFileSync(wheel('hello', HELLO));
  const cut = join(folder, 'cut.whl');
  for (const length of [0, 20, 60, whole.length >> 1]) {
    writeFileSync(cut, whole.subarray(0, length));
    await assertRejects(() => unpackWheel(cut, folder, everything), /RECORD|invalid|unexpected/);
  }
  assert.not.ok(existsSync(join(folder, 'tensorflow', 'a.so')));
});

async function assertRejects(work: () => Promise<unknown>, message: RegExp): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable('it did not fail');
}

test('changes the add-on in its place only', () => {
  const source = FUSED_ATTRIBUTES.map(({ after }) => `before\n${after}after\n`).join('');
  const changed = withFusedAttributes(source);
  for (const { after, insert } of FUSED_ATTRIBUTES) assert.ok(changed.includes(after + insert));
  assert.throws(() => withFusedAttributes('another version'), /0 times/);
  assert.throws(() => withFusedAttributes(source + source), /2 times/);
});

test("gives tfjs-node's files the replacements and no other modules", () => {
  put(
    'a.js',
    "const { b } = require('./b'); module.exports = [b, require('@x/y').z, require('./proto/pb').p];",
  );
  put('b.js', "exports.b = require('util').isArray([]) + ':' + require('path').basename(__filename);");
  const replacements = new Map<string, unknown>([
    ['@x/y', { z: 3 }],
    ['proto/pb', { p: 4 }],
    ['util', { isArray: () => 'ours' }],
  ]);
  const loader = new CommonJsLoader(replacements);
  assert.equal(loader.load(join(folder, 'a.js')), ['ours:b.js', 3, 4]);
  put('c.js', "require('left-pad');");
  assert.throws(() => loader.load(join(folder, 'c.js')), /left-pad/);
});

test.run();
