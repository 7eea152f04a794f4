// If this fails, rooms have grown together: a change in one now breaks another, and newcomers cannot find their way.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('import direction');
const src = fileURLToPath(new URL('../src', import.meta.url));

/** The rooms that whatever joins them may import; the host only where it says so. */
const ENGINE = ['errors', 'memory', 'backends', 'voices', 'frontend', 'acoustic', 'vocoder', 'audio'];

/** What each room may import; `top` are the files directly in src/, which join the rooms, but
 * for index.ts, which is the public surface of all. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  errors: [],
  host: ['errors'],
  memory: ['errors', 'host'],
  backends: ['errors', 'host'],
  voices: ['errors', 'host', 'memory', 'backends'],
  frontend: ['errors'],
  acoustic: ['errors', 'backends', 'voices', 'frontend'],
  vocoder: ['errors', 'memory', 'backends', 'voices', 'frontend', 'acoustic'],
  audio: ['errors', 'host', 'memory', 'frontend', 'acoustic', 'vocoder'],
  top: [...ENGINE, 'host'],
  services: [...ENGINE, 'host', 'top'],
  index: [...ENGINE, 'host', 'top', 'services'],
  cli: [...ENGINE, 'top', 'services'],
};

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : path.endsWith('.ts') ? [path] : [];
  });
}

function roomOf(path: string): string {
  const parts = relative(src, path).split(sep);
  if (parts.length > 1) return parts[0]!;
  if (parts[0] === 'index.ts') return 'index';
  return parts[0] === 'errors.ts' ? 'errors' : 'top';
}

/** Paths of relative imports and re-exports, static and dynamic. */
function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g);
  return [...found].map((match) => join(dirname(path), match[1]!));
}

const files = sources(src);

test('every room imports only what lies before it', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const room = roomOf(file);
    const allowed = MAY_IMPORT[room];
    assert.ok(allowed, `${room} is a room that this test does not know`);
    for (const target of imports(file)) {
      const other = roomOf(target.replace(/\.js$/, '.ts'));
      if (other !== room && !allowed.includes(other))
        wrong.push(`${relative(src, file)} imports ${relative(src, target)}`);
    }
  }
  assert.ok(files.length > 50, `only ${files.length} files were looked at`);
  assert.equal(wrong, []);
});

test('what only Node has is asked of the host, so that browsers can do without', () => {
  const wrong = files.filter((file) => {
    const name = relative(src, file);
    // Each of these has a form for browsers beside it, or is a part of one that has.
    if (
      roomOf(file) === 'cli' ||
      [
        'host/host.ts',
        'host/relaxed-simd.ts',
        'backends/wasm/glue.ts',
        'backends/webgpu/dawn.ts',
        'backends/choice-file.ts',
      ].includes(name)
    )
      return false;
    if (name.startsWith('backends/wasm/kernels/threads/')) return false;
    if (name.startsWith('backends/tensorflow/') || name === 'backends/user-cache.ts') return false;
    const text = readFileSync(file, 'utf8').replace(/^import type .*$/gm, '');
    return /(from|import)\s*\(?\s*['"]node:/.test(text);
  });
  assert.equal(
    wrong.map((file) => relative(src, file)),
    [],
  );
});

test('only index.ts re-exports, and TensorFlow.js is reached through #tf', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const name = relative(src, file);
    if (name !== 'index.ts' && /^export (type )?(\*|\{[^}]*\}) from/m.test(text))
      wrong.push(`${name} is a barrel`);
    if (/from ['"]@tensorflow\//.test(text)) wrong.push(`${name} imports a @tensorflow package`);
    if (/^export default/m.test(text)) wrong.push(`${name} has a default export`);
  }
  assert.equal(wrong, []);
});

test.run();
