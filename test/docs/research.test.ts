// If this fails, an experiment that a researcher copies from examples/research does not compile, does not run, or shows
// something else than it says.
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import '../cli/run-cli.js'; // builds dist/
import { userProject } from './user-project.js';

const test = suite('research examples');
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'examples', 'research');
const files = readdirSync(folder);

/** What each prints on a small input; all run in one process, since each alone would load everything again. */
const RUNS = [
  ['swap-vocoder', 'Hi.'],
  ['edit-f0', 'We were in an arena.'],
  ['average-speakers', 'Hello.'],
  ['ablate-context'],
  ['compare-vocoders', 'Hello.'],
];
const RUNNER = `
for (const [name, ...args] of ${JSON.stringify(RUNS)}) {
  process.argv = [process.execPath, name, ...args];
  console.log('== ' + name);
  await import('./' + name + '.mjs');
}`;

let project: string;
let printed: ReadonlyMap<string, string>;
test.before(() => {
  project = userProject('research', ['vega', 'vega-lite', 'tsx']);
  cpSync(folder, project, { recursive: true });
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', RUNNER], {
    ...{ cwd: project, encoding: 'utf8', env: { ...process.env, VOIRS_NUM_THREADS: '1' } },
  });
  assert.is(status, 0, stderr);
  const parts = stdout.split(/^== /m).slice(1);
  printed = new Map(parts.map((part) => [part.slice(0, part.indexOf('\n')), part]));
});
test.after(() => rmSync(project, { recursive: true }));

/** The lines that a chart draws. */
const drawn = (name: string): number => {
  const svg = readFileSync(join(project, name), 'utf8');
  assert.match(svg, /^<svg /);
  return [...svg.matchAll(/aria-roledescription="(?:line mark|bar)"/g)].length;
};
const numbers = (name: string, pattern: RegExp): number[] =>
  [...printed.get(name)!.matchAll(pattern)].map(([, number]) => Number(number));

test('compiles against the built package', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    files.map((name) => join(project, name)),
    {
      ...options,
      ...{ rootDir: undefined, noEmit: true, allowJs: true, checkJs: true, strict: false },
      ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, types: ['node'] },
    },
  );
  const found = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.startsWith(project));
  assert.equal(
    found.map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
    [],
  );
});

test('keeps each experiment below 60 lines, and lists it in the page', () => {
  const page = readFileSync(join(root, 'docs', 'parts.md'), 'utf8');
  for (const name of files) {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n').length;
    assert.ok(lines <= (name === 'istft-vocoder.mjs' ? 130 : 60), `${name}: ${lines} lines`);
    const isShared = name === 'plot.mjs' || name === 'measures.mjs';
    assert.ok(isShared || page.includes(`(../examples/research/${name})`), name);
  }
});

test('swaps the vocoder under one mel', () => {
  const [own, other] = numbers('swap-vocoder', /mel distance ([\d.]+)/g);
  assert.ok(own! < 1 && other! < 1.3, `${own}, ${other}`);
  const wavs = ['swap-own.wav', 'swap-other.wav'].map((name) => readFileSync(join(project, name)));
  assert.is(wavs[0]!.length, wavs[1]!.length);
  assert.not(wavs[0]!.equals(wavs[1]!));
});

test('is heard with the pitch that it draws', () => {
  const cents = numbers('edit-f0', /within (\d+) cents/g);
  assert.is(cents.length, 4);
  for (const error of cents) assert.ok(error < 80, `${cents} cents`);
  for (const share of numbers('edit-f0', /, (\d+) % of frames/g))
    assert.ok(share <= 10, `${share} % far off`);
  assert.ok(drawn('f0.svg') >= 8);
});

test('speaks between two speakers', () => {
  const [one, between, other] = numbers('average-speakers', /mean F0 (\d+) Hz/g);
  assert.ok(one! > between! && between! > other!, `${one}, ${between}, ${other}`);
  assert.is(drawn('average.svg'), 3);
});

test('shows where the context of the decoder ends', () => {
  const rows = [...printed.get('ablate-context')!.matchAll(/^(\d+) frames: (\S+)$/gm)].map(([, x, y]) => ({
    frames: Number(x),
    error: Number(y),
  }));
  const [stated] = numbers('ablate-context', /says that (\d+) frames/g);
  assert.ok(rows[0]!.error > 0.1, `${rows[0]!.error} without context`);
  const enough = rows.filter(({ frames }) => frames >= stated!);
  assert.ok(enough.length > 2);
  for (const { frames, error } of enough) assert.ok(error < 1e-4, `${error} with ${frames} frames`);
  assert.ok(drawn('context.svg') >= 1);
});

test('compares three vocoders', () => {
  const table = printed.get('compare-vocoders')!;
  for (const name of ['Griffin-Lim', 'of hazel and miles', 'of slt and bdl']) assert.match(table, name);
  assert.match(table, /SKIP DNSMOS: its judge|'?DNSMOS'?/);
  assert.ok(drawn('vocoders.svg') >= 6);
});

test.run();
