// If this fails, a sample copied from the memory guide does not compile or does not run.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('memory guide');
const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs', 'memory.md'), 'utf8');
const samples = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]!);
/** Checked against the declarations that are built, as a user's are: those of the sources take far longer. */
const importing = (sample: string) => sample.replaceAll("from 'voirs'", "from '../../dist/index.js'");

let folder: string;
let files: string[];
test.before(() => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache', 'guide-'));
  files = samples.map((sample, n) => {
    const path = join(folder, `sample-${n + 1}.ts`);
    writeFileSync(path, importing(sample));
    const { outputText } = ts.transpileModule(importing(sample), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(path.replace(/ts$/, 'mjs'), outputText);
    return path;
  });
});
test.after(() => rmSync(folder, { recursive: true }));

test('compiles every sample against the public surface', () => {
  assert.ok(files.length >= 24, `only ${files.length} samples`);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.check.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(files, options);
  const found = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.includes('guide-'));
  const messages = found.map(
    ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
  assert.equal(messages, []);
});

/**
 * Runs all samples in one program, one after the other, and notes how each ends. A pipeline that lives throughout keeps
 * the weights, which each sample would load anew; each still makes and disposes its own pipelines.
 */
const RUNNER = `import { appendFileSync } from 'node:fs';
import { VoirsPipeline } from '../../dist/index.js';
const [outcomes, ...files] = process.argv.slice(2);
const weights = await VoirsPipeline.create();
for (const file of files) {
  const error = await import(file).then(() => '', (thrown) => thrown?.stack ?? String(thrown));
  appendFileSync(outcomes, JSON.stringify(error) + '\\n');
}
await weights.dispose();
`;

let outcomes: string[];
test('ends the program that has run all samples', () => {
  const [runner, noted] = ['run.mjs', 'outcomes'].map((name) => join(folder, name)) as [string, string];
  writeFileSync(runner, RUNNER);
  writeFileSync(noted, '');
  const env = { ...process.env, VOIRS_NUM_THREADS: '1', TTS_USE_GPU: 'false' };
  const programs = files.map((file) => pathToFileURL(file.replace(/ts$/, 'mjs')).href);
  const args = ['--expose-gc', runner, noted, ...programs];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
  outcomes = readFileSync(noted, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as string);
  // 13 is Node's code for a program that waits for what never comes.
  assert.is(status, 0, `after ${outcomes.length} samples: ${stderr}`);
});

for (const [n, sample] of samples.entries()) {
  test(`runs sample ${n + 1}: ${sample.match(/import \{ (.*?) \}/)?.[1]}`.slice(0, 72), () => {
    assert.is(outcomes[n], '', outcomes[n] ?? 'the samples before it did not end');
  });
}

test.run();
