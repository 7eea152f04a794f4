// If this fails, tests run an old form of a source that has changed, or say the wrong line where they fail.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('typescript of the tests');
const root = fileURLToPath(new URL('../..', import.meta.url));
const register = new URL('../../scripts/typescript/register.mjs', import.meta.url).href;
// Within the checkout, whose files are kept as they are compiled, and where git passes over it.
mkdirSync(join(root, 'out'), { recursive: true });
const folder = mkdtempSync(join(root, 'out', 'typescript-'));
const kept = join(root, '.cache', 'typescript', 'out', basename(folder));
test.after(() => {
  for (const path of [folder, kept]) rmSync(path, { recursive: true, force: true });
});

function run(files: Record<string, string>): { status: number | null; stdout: string; stderr: string } {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return spawnSync(process.execPath, ['--import', register, join(folder, 'main.ts')], { encoding: 'utf8' });
}

const MAIN = "import { said } from './said.js';\nconsole.log(said satisfies string);\n";

test('keeps what it has compiled, and compiles a changed source anew', () => {
  const first = run({ 'main.ts': MAIN, 'said.ts': "export const said: string = 'one';\n" });
  assert.is(first.stdout, 'one\n', first.stderr);
  assert.equal(readdirSync(kept), ['main.ts.js', 'said.ts.js']);
  const compiled = readFileSync(join(kept, 'said.ts.js'), 'utf8');
  writeFileSync(join(kept, 'said.ts.js'), compiled.replace("'one'", "'kept'").replace('"one"', '"kept"'));
  assert.is(run({}).stdout, 'kept\n', 'what is kept is taken');
  assert.is(run({ 'said.ts': "export const said: string = 'two';\n" }).stdout, 'two\n');
  writeFileSync(join(kept, 'said.ts.js'), 'half of a fil');
  assert.is(run({}).stdout, 'two\n', 'a torn file is none');
});

test('prefers a file of JavaScript to a source of the same name', () => {
  const { stdout, stderr } = run({ 'main.ts': MAIN, 'said.js': "export const said = 'javascript';\n" });
  assert.is(stdout, 'javascript\n', stderr);
  rmSync(join(folder, 'said.js'));
});

test('names the line of the source where a program throws', () => {
  const { status, stderr } = run({
    'main.ts': "interface Gone {\n  a: number;\n}\n\nthrow new Error('here' as string);\n",
  });
  assert.is(status, 1);
  assert.match(stderr, /main\.ts:5:7/);
});

test.run();
