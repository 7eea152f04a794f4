// If this fails, a block of code in README or in a guide does not compile, does not run, or names a command or an
// option that does not exist.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { SaxesParser } from 'saxes';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS, loadCommand } from '../../src/cli/catalog.js';
import { userProject } from './user-project.js';

const test = suite('code blocks of the documentation');
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Block {
  /** docs/audio.md:12 */
  at: string;
  language: string;
  name: string | undefined;
  code: string;
}

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'ARCHITECTURE.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

function blocksOf(page: string): Block[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w*)(?: (\S+))?\n(.*?)^```$/gms)].map(([, language, name, code], n) => ({
    ...{ at: `${page} ${n + 1}`, language: language!, name, code: code! },
  }));
}

const blocks = pages.flatMap(blocksOf);
/** Blocks of languages that are compiled or read; those of memory, browsers, server have tests of their own. */
const own = blocks.filter(({ at }) => !/memory\.md|browser\.md|server\.md/.test(at));
const programs = own.filter(({ language }) => /^(ts|js)$/.test(language));

/** A user's project: the package where npm puts it, the blocks beside it. */
let project: string;
test.before(() => {
  project = userProject('blocks', ['wasm-media-encoders', 'libopus-wasm']);
  writeFileSync(join(project, 'ambient.d.ts'), readFileSync(new URL('docs-ambient.d.ts', import.meta.url)));
});
test.after(() => rmSync(project, { recursive: true }));

test('knows every language that a block has', () => {
  const known = ['', 'ts', 'js', 'sh', 'python', 'html', 'json', 'xml', 'csp'];
  assert.equal(
    blocks
      .filter(({ language }) => !known.includes(language))
      .map(({ at, language }) => `${at}: ${language}`),
    [],
  );
  assert.ok(programs.length >= 12, `${programs.length} programs`);
});

test('compiles programs and fragments against the built package', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const places = new Map<string, string>();
  for (const [n, { at, language, code }] of programs.entries()) {
    const file = join(project, `block-${n}.${language === 'ts' ? 'mts' : 'mjs'}`);
    // A module whatever it imports, in which a fragment may return.
    const isFragment = /^return /m.test(code);
    const imports = isFragment ? code.match(/^import .*$/gm)?.join('\n') : '';
    const body = isFragment
      ? `export async function fragment() {\n${code.replace(/^import .*$/gm, '')}}\n`
      : code;
    writeFileSync(file, `${imports}\n${body}\nexport {};\n`);
    places.set(file, at);
  }
  const program = ts.createProgram([...places.keys(), join(project, 'ambient.d.ts')], {
    ...options,
    ...{ rootDir: undefined, noEmit: true, allowJs: true, checkJs: true, types: ['node'] },
    ...{ verbatimModuleSyntax: false, allowUnreachableCode: true },
  });
  const found = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.startsWith(project));
  const messages = found.map(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    return `${places.get(file!.fileName) ?? file!.fileName}: ${message}`;
  });
  assert.equal(messages, []);
});

for (const { at, name, code } of programs.filter(({ name }) => name)) {
  test(`runs ${name} of ${at.split(' ')[0]}`, () => {
    writeFileSync(join(project, name!), code);
    const env = { ...process.env, VOIRS_NUM_THREADS: '1' };
    const { status, stderr } = spawnSync(process.execPath, [name!], { cwd: project, env, encoding: 'utf8' });
    assert.is(status, 0, stderr);
    for (const [, file] of code.matchAll(/(?:save|createWriteStream)\('([^']+)'/g))
      assert.ok(readFileSync(join(project, file!)).length > 10_000, file);
  });
}

test('runs the five lines of README', () => {
  const [{ code } = { code: '' }] = blocksOf('README.md').filter(({ language }) => language === 'ts');
  writeFileSync(join(project, 'readme.mjs'), code);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['readme.mjs'], {
    cwd: project,
    encoding: 'utf8',
  });
  assert.is(status, 0, stderr);
  assert.match(stdout, /hello .*\n.*world/);
  assert.ok(existsSync(join(project, 'hello.wav')));
});

test('parses pages, JSON and XML', async () => {
  for (const { at, language, code } of own) {
    if (language === 'json') assert.not.throws(() => JSON.parse(code), at);
    if (language === 'xml') assert.not.throws(() => new SaxesParser().write(code).close(), at);
    if (language !== 'html') continue;
    for (const [, script] of code.matchAll(/<script type="module">(.*?)<\/script>/gs))
      await transform(script!, { loader: 'js', format: 'esm' });
  }
});

test('names commands and options that exist', async () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object };
  const suites = readdirSync(join(root, 'bench', 'suites')).map((file) => file.replace('.ts', ''));
  const wrong: string[] = [];
  for (const { at, language, code } of blocks) {
    if (language !== 'sh' && language !== '') continue;
    for (const line of code.replaceAll('\\\n', ' ').split('\n')) {
      const command = line.match(/^(?:\$ )?(?:npx )?voirs ([a-z]+)(.*)/);
      if (command) {
        const [, name = '', rest = ''] = command;
        if (!(name in COMMANDS)) wrong.push(`${at}: voirs ${name}`);
        else {
          const { options } = await loadCommand(name);
          const flags = rest.split(/ [|#] /)[0]!.match(/(?<=\s--)[a-z][a-z-]*/g) ?? [];
          for (const flag of flags) if (!(flag in options)) wrong.push(`${at}: voirs ${name} --${flag}`);
        }
      }
      const script = line.match(/^npm (?:run )?([\w:-]+)(?: -- (\w[\w-]*))?/);
      const isOwn = script && !['install', 'ci', 'i', 'init', 'start', 'test'].includes(script[1]!);
      if (isOwn && !(script[1]! in scripts)) wrong.push(`${at}: npm run ${script[1]}`);
      if (script?.[1] === 'bench' && script[2] && !suites.includes(script[2]))
        wrong.push(`${at}: ${script[2]}`);
      const [, file] = line.match(/^npx tsx (\S+)/) ?? [];
      if (file && !existsSync(join(root, file))) wrong.push(`${at}: ${file}`);
    }
  }
  assert.equal(wrong, []);
});

test.run();
