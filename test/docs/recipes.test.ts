// If this fails, a recipe that a newcomer copies (a server, an audiobook, captions, a telephone line) does not
// compile or does not run.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, zipSync } from 'fflate';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { userProject } from './user-project.js';

const test = suite('recipes');
const root = fileURLToPath(new URL('../..', import.meta.url));
const recipes = readdirSync(join(root, 'examples', 'recipes'));

/** A user's project: the package where npm puts it, the recipes beside it. */
let project: string;
test.before(() => {
  project = userProject('recipes', ['wasm-media-encoders']);
  cpSync(join(root, 'examples', 'recipes'), project, { recursive: true });
});
test.after(() => rmSync(project, { recursive: true }));

/** Runs a recipe to its end. @returns what it prints. */
function run(name: string, ...args: string[]): string {
  const env = { ...process.env, VOIRS_NUM_THREADS: '1' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [name, ...args], {
    ...{ cwd: project, env, encoding: 'utf8' },
  });
  assert.is(status, 0, stderr);
  return stdout;
}

const made = (name: string): Buffer => readFileSync(join(project, name));

/** What the compiler finds in recipes of these endings; JavaScript is held to what plain JavaScript can state. */
function complaints(endings: RegExp, isStrict: boolean): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = recipes.filter((name) => endings.test(name)).map((name) => join(project, name));
  assert.ok(files.length >= 5, `${files.length} recipes`);
  const lib = ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'].map((name) => `lib.${name}.d.ts`);
  const program = ts.createProgram([...files, join(root, 'test', 'docs', 'recipes-ambient.d.ts')], {
    ...options,
    ...{ rootDir: undefined, noEmit: true, allowJs: true, checkJs: true, strict: isStrict, lib },
    ...{ module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    ...{ jsx: ts.JsxEmit.Preserve, types: ['node'] },
  });
  const found = ts.getPreEmitDiagnostics(program).filter(({ file }) => file?.fileName.startsWith(project));
  return found.map(
    ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
  );
}

test('compiles against the built package', () => {
  assert.equal(complaints(/\.tsx?$/, true), []);
  assert.equal(complaints(/\.[mc]?js$/, false), []);
});

test('shows each file in the recipes page', () => {
  const page = readFileSync(join(root, 'docs', 'recipes.md'), 'utf8');
  const shown = [...page.matchAll(/^\[[^\]]+\]\(\.\.\/examples\/recipes\/([^)]+)\)$/gm)].map(
    ([, name]) => name!,
  );
  assert.equal(shown.sort(), [...recipes].sort());
});

test('runs worker.mjs', () => {
  const [, seconds, rings] = run('worker.mjs').match(/^([\d.]+) s of speech; the timer rang (\d+) times/)!;
  assert.ok(Number(seconds) > 2, seconds);
  assert.ok(Number(rings) > 0, rings);
});

test('runs language-model.mjs', () => {
  assert.match(run('language-model.mjs'), 'The tide is out. Come back at six, with a boat.');
  assert.ok(made('answer.wav').length > 44 + 2 * 22_050, `${made('answer.wav').length} bytes`);
});

test('runs captions.mjs', () => {
  assert.match(run('captions.mjs'), /-->/);
  assert.match(made('narration.vtt').toString(), /^WEBVTT[\s\S]*In 1969 the harbor had 40 boats\./);
  assert.is(made('narration.wav').subarray(0, 4).toString(), 'RIFF');
});

test('runs telephone.mjs', () => {
  const [, frames] = run('telephone.mjs').match(/^(\d+) frames/)!;
  assert.ok(Number(frames) > 40 && Number(frames) < 150, frames);
});

test('runs audiobook.mjs on a book of two chapters', () => {
  const page = (title: string, text: string) =>
    `<html xmlns="http://www.w3.org/1999/xhtml"><head><title>${title}</title></head><body><h1>${title}</h1><p>${text}</p></body></html>`;
  const book = zipSync({
    mimetype: [strToU8('application/epub+zip'), { level: 0 }],
    'META-INF/container.xml': strToU8(
      '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles><rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>',
    ),
    'book.opf': strToU8(
      `<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A Book</dc:title><dc:creator>A Writer</dc:creator><dc:language>en</dc:language></metadata>
       <manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><item id="b" href="b.xhtml" media-type="application/xhtml+xml"/></manifest>
       <spine><itemref idref="a"/><itemref idref="b"/></spine></package>`,
    ),
    'nav.xhtml': strToU8(
      '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc"><ol><li><a href="a.xhtml">Morning</a></li><li><a href="b.xhtml">Evening</a></li></ol></nav></body></html>',
    ),
    'a.xhtml': strToU8(page('Morning', 'It was early.')),
    'b.xhtml': strToU8(page('Evening', 'It was late.')),
  });
  writeFileSync(join(project, 'book.epub'), book);
  assert.match(run('audiobook.mjs', 'book.epub'), /01\.mp3 Morning\n02\.mp3 Evening\n/);
  assert.ok(made('01.mp3').includes('A Writer') && made('02.mp3').includes('Evening'));
  assert.not(existsSync(join(project, '03.mp3')));
});

test.run();
