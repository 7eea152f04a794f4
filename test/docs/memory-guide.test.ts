// If this fails, a sample copied from the memory guide does not compile or does not run.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('memory guide');
const root = fileURLToPath(new URL('../..', import.meta.url));
const guide = readFileSync(join(root, 'docs', 'memory.md'), 'utf8');
const samples = [...guide.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1]!);
/** With the package's name replaced: checked against the sources, run on what is built of them. */
const importing = (sample: string, folder: 'src' | 'dist') =>
  sample.replaceAll("from 'voirs'", `from '../../${folder}/index.js'`);

let folder: string;
let files: string[];
test.before(() => {
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache', 'guide-'));
  files = samples.map((sample, n) => {
    const path = join(folder, `sample-${n + 1}.ts`);
    writeFileSync(path, importing(sample, 'src'));
    const { outputText } = ts.transpileModule(importing(sample, 'dist'), {
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

for (const [n, sample] of samples.entries()) {
  test(`runs sample ${n + 1}: ${sample.match(/import \{ (.*?) \}/)?.[1]}`.slice(0, 72), () => {
    const env = { ...process.env, VOIRS_NUM_THREADS: '1', TTS_USE_GPU: 'false' };
    const args = ['--expose-gc', files[n]!.replace(/ts$/, 'mjs')];
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, env, encoding: 'utf8' });
    assert.is(status, 0, stderr);
  });
}

test.run();
