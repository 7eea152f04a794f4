// If this fails, a user with an NVIDIA card is sent to the wrong step, or to none.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cudaSteps, firstMissing } from '../../src/cli/setup/cuda.js';
import pins from '../../src/cli/setup/pins.json' with { type: 'json' };

const test = suite('steps to CUDA');
let root: string;
let folder: string;

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'voirs-cuda-'));
  folder = join(root, 'set-up');
});
test.after.each(() => rmSync(root, { recursive: true }));

function put(path: string, content = ''): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function putDriver(version: string, place = 'usr/lib/x86_64-linux-gnu'): void {
  put(join(root, place, `libcuda.so.${version}`));
  symlinkSync(`libcuda.so.${version}`, join(root, place, 'libcuda.so.1'));
}

/** Everything that CUDA needs, in order. */
const parts: readonly (readonly [step: string, make: () => void])[] = [
  ['driver', () => putDriver('580.159.04')],
  ['card', () => put(join(root, 'dev', 'nvidiactl'))],
  [
    'library',
    () => {
      put(join(folder, '.voirs-tensorflow'), 'CUDA');
      put(join(folder, 'tensorflow', 'libtensorflow_cc.so.2'));
    },
  ],
  [
    'cuda-libraries',
    () => {
      for (const path of pins.cudaLibraries) put(join(folder, 'nvidia', path));
    },
  ],
  ['add-on', () => put(join(folder, 'tfjs_binding.node'))],
  ['check', () => put(join(folder, 'setup.json'), '{"cuda":true}')],
];

const steps = () => cudaSteps({ root, folder, libraryPath: undefined });

test('names the first missing step and what to do, until none is missing', () => {
  for (const [step, make] of parts) {
    const gap = firstMissing(steps());
    assert.is(gap?.step, step);
    assert.match(gap!.advice, /install|docker run --gpus all|npx voirs setup tensorflow --cuda/);
    make();
  }
  assert.is(firstMissing(steps()), undefined);
  const [driver] = steps();
  assert.match(driver!.found!, /driver 580\.159\.04$/);
  assert.is(steps().length, parts.length);
});

test('names the one step that is missing among the others', () => {
  const lack: Record<string, () => string> = {
    driver: () => join(root, 'usr'),
    card: () => join(root, 'dev'),
    library: () => join(folder, 'tensorflow'),
    'cuda-libraries': () => join(folder, 'nvidia', 'cudnn'),
    'add-on': () => join(folder, 'tfjs_binding.node'),
    check: () => join(folder, 'setup.json'),
  };
  for (const [step, path] of Object.entries(lack)) {
    for (const [, make] of parts) make();
    rmSync(path(), { recursive: true });
    const missing = steps().filter((one) => one.missing !== undefined);
    assert.equal(
      missing.map((one) => one.step),
      [step],
    );
    if (step === 'cuda-libraries') assert.match(missing[0]!.missing!, /libcudnn\.so\.9$/);
    rmSync(root, { recursive: true });
  }
  mkdirSync(root);
});

test('finds drivers in all usual folders, and names one that is too old', () => {
  putDriver('535.1.2', 'usr/local/nvidia/lib64');
  assert.match(steps()[0]!.found!, /535\.1\.2/);
  rmSync(join(root, 'usr'), { recursive: true });
  putDriver('560.35.03', 'opt/driver');
  assert.match(cudaSteps({ root, folder, libraryPath: '/a:/opt/driver' })[0]!.found!, /560\.35\.03/);
  put(join(root, 'etc', 'ld.so.conf.d', 'driver.conf'), '# ours\n/opt/driver\n');
  assert.match(steps()[0]!.found!, /560\.35\.03/);
  putDriver('470.256.02');
  assert.match(steps()[0]!.missing!, /470\.256\.02, too old/);
});

test('recognises a set-up for the CPU and suggests --force', () => {
  for (const [, make] of parts) make();
  put(join(folder, 'setup.json'), '{"cuda":false}');
  const gap = firstMissing(steps());
  assert.is(gap?.step, 'library');
  assert.match(gap!.missing, /the one for the CPU/);
  assert.match(gap!.advice, /--force/);
});

test('looks for shared libraries with one major version', () => {
  for (const path of pins.cudaLibraries) assert.match(basename(path), /^lib\w+\.so\.\d+$/);
});

test.run();
