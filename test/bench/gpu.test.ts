// If this fails, bench gpu no longer runs when it is taken to a machine with a card.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../../bench/lib/cache.js';
import { CardWatch, findCard } from '../../bench/lib/gpu/card.js';
import type { GpuAnswer } from '../../bench/lib/gpu/task.js';
import { findVenv } from '../../bench/lib/python.js';
import type { Report } from '../../bench/lib/report.js';

const test = suite('bench gpu');
const { PATH } = process.env;
const folder = mkdtempSync(join(tmpdir(), 'voirs-gpu-test-'));

test.after(() => {
  process.env.PATH = PATH;
  rmSync(folder, { recursive: true });
});

function bench(args: string[], path = PATH) {
  const env = { ...process.env, PATH: path };
  // Not where the figures of a real run are kept.
  const command = [
    ...process.execArgv,
    join(repositoryRoot, 'bench', 'run.ts'),
    'gpu',
    '--out',
    folder,
    ...args,
  ];
  return spawnSync(process.execPath, command, {
    cwd: repositoryRoot,
    encoding: 'utf8',
    env,
  });
}

type Answer = GpuAnswer & { engine: string };

/** A report's answers by engine. */
function answersOf(stdout: string): { report: Report; answers: Map<string, Answer> } {
  const report = JSON.parse(stdout.trim().split('\n').at(-1)!) as Report;
  const results = report.data!.results as Answer[];
  return { report, answers: new Map(results.map((answer) => [answer.engine, answer])) };
}

const countsOf = (rows: GpuAnswer['vocoder']) => rows.map(({ form, count }) => `${form} ${count}`);

test('runs dry on this CPU and explains each engine that is missing', () => {
  const { status, stdout, stderr } = bench(['--dry-run', '--json']);
  assert.is(status, 0, stderr);
  const { report, answers } = answersOf(stdout);
  assert.match(report.notes[0]!, /^DRY RUN/);
  const limits = {
    'wasm, 1 thread': 1e-4,
    'tensorflow, CPU': 1e-4,
    'webgpu, software GPU': 1e-3,
    'PyTorch, CPU': 1e-4,
  };
  for (const [engine, limit] of Object.entries(limits)) {
    const answer = answers.get(engine);
    if (!answer) {
      const reason = report.notes.find((note) => note.startsWith(`${engine}: not measured: `));
      assert.ok(reason, `${engine} is neither measured nor explained`);
      assert.not.match(reason, /not measured: failed/);
      console.log(`SKIP: ${reason}`);
      continue;
    }
    assert.ok(answer.parity.length > 0, engine);
    for (const [golden, maxAbs] of answer.parity)
      assert.ok(maxAbs <= limit, `${engine}, ${golden}: ${maxAbs}`);
    const isTiny = engine.startsWith('webgpu');
    const batch = engine.startsWith('PyTorch');
    const runs = ['one run 1', 'one run 2', ...(batch ? ['batch 2'] : [])];
    assert.equal(countsOf(answer.vocoder), isTiny ? ['one run 1'] : runs);
    const calls = batch ? ['batch 1', 'batch 2'] : ['calls 1', 'calls 2'];
    assert.equal(countsOf(answer.speech), isTiny ? [] : calls);
    for (const { wallMs, audioSeconds, failed } of [...answer.vocoder, ...answer.speech]) {
      assert.is(failed, undefined);
      assert.ok(audioSeconds > 0 && wallMs.every((ms) => ms > 0));
    }
  }
  assert.ok(answers.has('wasm, 1 thread'), 'wasm runs everywhere');
  const [parity] = report.tables;
  for (const [engine, what, maxAbs] of parity!.rows.filter(([, what]) =>
    String(what).startsWith('one piece'),
  ))
    assert.ok((maxAbs as number) <= 1e-3, `${engine}, ${what}: ${maxAbs}`);
  for (const end of ['md', 'json']) assert.ok(existsSync(join(folder, `gpu-dry-run.${end}`)));
});

test('refuses a machine without a card before it downloads anything', () => {
  const { status, stderr } = bench([], join(folder, 'no-programs'));
  assert.is(status, 1);
  assert.match(stderr, /no NVIDIA card answers: there is no nvidia-smi.*--dry-run/);
});

/** A driver's tool that knows one card, on which something takes 600 MiB for a while. */
function putNvidiaSmi(): void {
  const lines = [
    '#!/bin/sh',
    'case "$*" in',
    '  *memory.used*) echo 100; sleep 0.3; echo 700; sleep 0.2; echo 300; exec sleep 60 ;;',
    "  *) echo 'NVIDIA H100 80GB HBM3, 580.159.04, 81559, 9.0' ;;",
    'esac',
  ];
  writeFileSync(join(folder, 'nvidia-smi'), `${lines.join('\n')}\n`);
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
}

test("reads the card and a program's memory from nvidia-smi", async () => {
  if (process.platform === 'win32') return console.log('SKIP: the stand-in for nvidia-smi is a shell script');
  putNvidiaSmi();
  process.env.PATH = [folder, PATH].join(delimiter);
  assert.equal(await findCard(), {
    name: 'NVIDIA H100 80GB HBM3',
    driver: '580.159.04',
    memoryMiB: 81559,
    computeCapability: '9.0',
  });
  const watch = await CardWatch.start();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.is(await watch!.stop(), 600);
  process.env.PATH = PATH;
});

test('does not measure an engine that runs on the CPU beside a card', () => {
  const venv = findVenv('torch') ?? findVenv('onnx');
  if (!venv || process.platform === 'win32')
    return console.log('SKIP: no Python environment with PyTorch here');
  putNvidiaSmi();
  const python = ['--engines', 'pytorch', '--python', venv.python];
  const { status, stdout, stderr } = bench([...python, '--json'], [folder, PATH].join(delimiter));
  assert.is(status, 0, stderr);
  const { report, answers } = answersOf(stdout);
  const reason = report.notes.find((note) => note.startsWith('PyTorch, CUDA: not measured:'));
  if (answers.size === 0) assert.match(reason!, /sees no GPU/);
  assert.match(report.environment.versions.GPU!, /H100/);
});

test.run();
