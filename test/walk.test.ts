// If this fails, a stranger can no longer read one synthesis in one sitting: the walk has grown, or the list is wrong.
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('the walk from text to samples');
const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The files of ARCHITECTURE.md's section "The walk", in its order. */
const [, section = ''] = read('ARCHITECTURE.md').split('## The walk');
const walk = [...section.split('\n## ')[0]!.matchAll(/^\d+\. `(src\/[^`]+\.ts)`/gm)].map(([, path]) => path!);

test('is listed in ARCHITECTURE.md, file by file', () => {
  assert.is(walk[0], 'src/pipeline.ts');
  assert.is(walk.at(-1), 'src/synthesis/output.ts');
  assert.equal(
    walk.filter((path) => !existsSync(new URL(path, root))),
    [],
  );
});

test('is at most 10 files and 2,000 lines', () => {
  const lines = walk.map((path) => read(path).split('\n').length - 1);
  const total = lines.reduce((sum, count) => sum + count, 0);
  assert.ok(walk.length >= 8 && walk.length <= 10, `${walk.length} files`);
  assert.ok(total <= 2000, `${total} lines`);
});

test('leads from each file to the next by imports', () => {
  const name = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace('.ts', '.js');
  // What an engine holds is reached through it: the frontend, and the models by the manifest's type.
  const held = ['src/synthesis/engine.ts', 'src/voices/model-types.ts'];
  walk.slice(1).forEach((path, n) => {
    const before = [...held, ...walk.slice(0, n + 1)].map(read).join('\n');
    assert.ok(before.includes(`/${name(path)}'`), `${path} is imported by no file before it`);
  });
});

test.run();
