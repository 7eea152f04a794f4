// If this fails, the documentation has a link that leads nowhere, a page without a place, a sample that no longer
// sounds like the voice, or an error that nothing explains.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { partsFor } from '../../site/.vitepress/navigation.js';
import { forSite, routeOf } from '../../site/.vitepress/sources.js';
import { digestsOf, SETS, samples } from '../../tools/voices/samples.js';

const test = suite('documentation');
const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const inDocs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
const pages = ['README.md', 'CONTRIBUTING.md', 'ARCHITECTURE.md', ...inDocs.map((name) => `docs/${name}`)];

/** A page's text without its blocks and spans of code. */
const prose = (page: string): string =>
  read(page)
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, '``');

/** Links of a page, as they stand. */
const linksOf = (page: string): string[] =>
  [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);

/** The anchors of a page's headings, as GitHub and the site make them. */
function anchorsOf(page: string): string[] {
  const headings = read(page)
    .replace(/^```.*?^```$/gms, '')
    .matchAll(/^#+ (.*)$/gm);
  return [...headings].map(([, title]) =>
    title!
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

test('links to files and headings that exist', () => {
  const dead: string[] = [];
  for (const page of pages) {
    for (const target of linksOf(page)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative(root, resolve(root, dirname(page), path));
      if (!existsSync(join(root, file))) dead.push(`${page}: ${target}`);
      else if (anchor && !anchorsOf(file).includes(anchor)) dead.push(`${page}: ${target}`);
    }
  }
  assert.equal(dead, []);
});

test('names every class, function and list that programs can import', async () => {
  const guides = [...inDocs.map((name) => `docs/${name}`), 'README.md'].map(read).join('\n');
  const names = Object.keys(await import('../../src/index.js'));
  assert.ok(names.length > 40, `${names.length} names`);
  assert.equal(
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(guides)),
    [],
  );
});

test('gives every page one place', () => {
  const names = inDocs.map((name) => name.replace('.md', ''));
  const placed = partsFor(names).flatMap(({ entries }) => entries.map(([page]) => page));
  assert.equal(placed.sort(), names.sort());
  assert.equal(partsFor(['start', 'unplaced']).at(-1)!.entries, [['unplaced', 'unplaced']]);
});

test("turns the repository's links into those of the site", () => {
  const page = (text: string, repository = '') => forSite(text, 'docs/voices.md', root, repository);
  assert.is(page('[text.md](text.md#options)'), '[How text is read](/text#options)');
  assert.is(page('[changes](../CHANGELOG.md)'), '[changes](/changelog)');
  assert.is(page('[out](https://example.org/)'), '[out](https://example.org/)');
  assert.is(page('[card](../weights/aspen/MODEL_CARD.md)'), 'card');
  assert.is(page('[x](../LICENSE)', 'https://host/o/r'), '[x](https://host/o/r/blob/main/LICENSE)');
  assert.match(page('[hazel.mp3](samples/hazel.mp3)'), /^<audio controls.*src="\.\/samples\/hazel\.mp3"/);
  const shown = page('[worker](../examples/recipes/worker.mjs)');
  assert.ok(shown.startsWith('```js [worker.mjs]\n') && shown.includes('createWorkerPipeline'), shown);
  assert.throws(() => page('[none](../examples/recipes/none.mjs)'), /none\.mjs/);
  assert.is(page('```\n[a](text.md)\n```'), '```\n[a](text.md)\n```');
  assert.is(routeOf('src/index.ts'), undefined);
});

test('explains every error code', () => {
  const union = read('src/errors.ts').match(/type VoirsErrorCode =([^;]+);/)![1]!;
  const codes = [...union.matchAll(/'([A-Z_]+)'/g)].map(([, code]) => code!);
  assert.ok(codes.length >= 15, `${codes.length} codes`);
  const explained = [...read('docs/errors.md').matchAll(/^### ([A-Z_]+)$/gm)].map(([, code]) => code!);
  assert.equal(explained.sort(), codes.sort());
});

test('has every sample, in less than 1 MB, from the shipped weights', () => {
  const files = readdirSync(join(root, 'docs', 'samples')).filter((name) => name.endsWith('.mp3'));
  assert.equal(files.sort(), samples.map(({ file }) => `${file}.mp3`).sort());
  const bytes = files.reduce((sum, name) => sum + statSync(join(root, 'docs', 'samples', name)).size, 0);
  assert.ok(bytes < 1e6, `${bytes} bytes`);
  const page = read('docs/voices.md');
  for (const name of files) assert.ok(page.includes(`(samples/${name})`), name);
  const madeFrom: unknown = JSON.parse(read('docs/samples/made-from.json'));
  const now = Object.fromEntries(SETS.map((set) => [set, digestsOf(set)]));
  assert.equal(madeFrom, now, 'run npx tsx tools/voices/samples.ts');
});

test('keeps paragraphs of README at 600 characters at most', () => {
  const long = read('README.md')
    .replace(/^```.*?^```$/gms, '')
    .split(/\n\n+|\n(?=- )/)
    .filter((paragraph) => !paragraph.startsWith('|') && paragraph.length > 600);
  assert.equal(long, []);
});

test.run();
