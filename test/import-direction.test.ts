// If this fails, rooms have grown together: a change in one now breaks another, and newcomers cannot find
// their way.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('import direction');
const root = fileURLToPath(new URL('..', import.meta.url));

/** What each room of src/ may import besides itself. A file of the root is a room of its own. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  printable: [],
  errors: ['printable'],
  log: ['printable'],
  host: ['errors'],
  config: ['errors', 'host', 'log'],
  frontend: ['errors'],
  checkpoints: ['printable', 'errors'],
  documents: ['errors'],
  memory: ['errors', 'host'],
  backends: ['errors', 'host'],
  models: ['errors', 'backends', 'checkpoints'],
  acoustic: ['errors', 'backends', 'checkpoints', 'models'],
  vocoder: ['errors', 'backends', 'checkpoints', 'models'],
  audio: ['errors', 'host', 'memory'],
  voices: ['errors', 'host', 'config', 'checkpoints', 'frontend', 'models', 'acoustic', 'vocoder'],
  synthesis: [
    ...['errors', 'log', 'host', 'config', 'frontend', 'checkpoints', 'memory', 'backends'],
    ...['models', 'acoustic', 'vocoder', 'audio', 'voices'],
  ],
  pipeline: [
    ...['errors', 'log', 'host', 'config', 'frontend', 'memory', 'backends', 'audio', 'voices', 'synthesis'],
  ],
  parts: [
    ...['errors', 'host', 'config', 'frontend', 'checkpoints', 'memory', 'backends', 'models'],
    ...['acoustic', 'vocoder', 'audio', 'voices', 'synthesis'],
  ],
  player: ['errors', 'worker'],
  worker: ['errors', 'host', 'config', 'frontend', 'memory', 'audio', 'voices', 'synthesis', 'pipeline'],
  patterns: ['errors', 'host', 'config', 'memory', 'backends', 'audio', 'pipeline'],
  cli: [
    ...[
      'printable',
      'errors',
      'log',
      'host',
      'config',
      'frontend',
      'checkpoints',
      'memory',
      'backends',
      'models',
    ],
    ...['acoustic', 'vocoder', 'audio', 'voices', 'synthesis', 'pipeline', 'worker', 'patterns'],
  ],
  index: [
    ...['errors', 'log', 'host', 'config', 'frontend', 'memory', 'backends', 'audio', 'voices'],
    ...['models', 'checkpoints', 'synthesis', 'parts', 'pipeline', 'worker', 'patterns'],
  ],
};

/** Types that a room may take from another that lies above it: plain data, named one by one. */
const TYPES_FROM_ABOVE: Record<string, readonly string[]> = {
  audio: ['frontend: Provenance Sentence Span Token'],
  memory: ['backends: BackendMemory'],
  player: ['audio: TimedWord'],
};

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.(ts|mjs)$/.test(path) && !path.endsWith('.d.mts') ? [path] : [];
  });
}

const inSrc = (path: string): string => relative(join(root, 'src'), path);
const files = sources(join(root, 'src'));

function roomOf(path: string): string {
  return inSrc(path).split(sep)[0]!.replace(/\.ts$/, '');
}

interface Import {
  target: string;
  /** Names of an import of types alone; undefined where values come along. */
  types: string[] | undefined;
}

/** Relative imports and re-exports, static and dynamic. */
function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(
    /(?:(?:import|export)\s+(type\s+)?(\{[^}]*\}|[\w*\s,]+)\s+from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g,
  );
  return [...found].map(([, type, names = '', specifier]) => {
    const written = join(dirname(path), specifier!);
    const target = existsSync(written) ? written : written.replace(/\.js$/, '.ts');
    const listed = names
      .replace(/[{}]/g, '')
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean);
    const areTypes =
      type !== undefined || (listed.length > 0 && listed.every((name) => name.startsWith('type ')));
    return { target, types: areTypes ? listed.map((name) => name.replace(/^type /, '')) : undefined };
  });
}

test('lets each room import only what its row names', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const room = roomOf(file);
    const allowed = MAY_IMPORT[room];
    assert.ok(allowed, `${room} is a room that this test does not know`);
    for (const { target, types } of importsOf(file)) {
      const other = roomOf(target);
      const isData = (TYPES_FROM_ABOVE[room] ?? []).some((row) => {
        const [from, names] = row.split(': ');
        return from === other && types?.every((name) => names!.split(' ').includes(name));
      });
      if (other !== room && !allowed.includes(other) && !isData)
        wrong.push(`${inSrc(file)} imports ${inSrc(target)}${types ? ` (types ${types.join(', ')})` : ''}`);
    }
  }
  assert.ok(files.length > 50, `only ${files.length} files were looked at`);
  assert.equal(wrong, []);
});

test('imports a language in one place, and its markup for captions', () => {
  const language = join(root, 'src', 'frontend', 'en-us');
  const isInside = (path: string): boolean => path.startsWith(language + sep);
  const places = files.filter(
    (file) => !isInside(file) && importsOf(file).some(({ target }) => isInside(target)),
  );
  assert.equal(
    places.map(inSrc).sort(),
    ['languages.ts', 'readable-text.ts'].map((name) => join('frontend', name)),
  );
});

test('keeps six files in the root of src/', () => {
  const inRoot = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.ts'));
  assert.equal(inRoot.sort(), [
    ...['config.ts', 'errors.ts', 'index.ts', 'log.ts', 'pipeline.ts', 'printable.ts'],
  ]);
});

/**
 * Everything that is TypeScript of ours. bench imports src and scripts; tools imports bench; test imports
 * all.
 */
const FOLDERS = ['src', 'bench', 'scripts', 'tools', 'test', 'packages/server/src', 'packages/queue/src'];

test('finds no circle between the files of all folders', () => {
  const all = FOLDERS.flatMap((folder) => sources(join(root, folder)));
  const state = new Map<string, 'open' | 'done'>();
  const circles: string[] = [];
  const walk = (file: string, path: string[]): void => {
    if (state.get(file) === 'done' || !existsSync(file) || !/\.(ts|mjs)$/.test(file)) return;
    if (state.get(file) === 'open') {
      circles.push([...path.slice(path.indexOf(file)), file].map((one) => relative(root, one)).join(' -> '));
      return;
    }
    state.set(file, 'open');
    for (const { target } of importsOf(file)) walk(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of all) walk(file, []);
  assert.equal(circles, []);
});

test('finds no circle between folders', () => {
  const arrows = new Map<string, Set<string>>();
  for (const folder of FOLDERS) {
    for (const file of sources(join(root, folder))) {
      const from = folder === 'src' ? `src/${roomOf(file)}` : folder;
      for (const { target, types } of importsOf(file)) {
        const [top] = relative(root, target).split(sep);
        const to = top === 'src' ? `src/${roomOf(target)}` : top!;
        if (to !== from && !types) arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
      }
    }
  }
  const circles = new Set<string>();
  const walk = (room: string, path: string[]): void => {
    if (path.includes(room)) {
      circles.add([...path.slice(path.indexOf(room)), room].join(' -> '));
      return;
    }
    for (const next of arrows.get(room) ?? []) walk(next, [...path, room]);
  };
  for (const room of arrows.keys()) walk(room, []);
  assert.equal([...circles], []);
});

/**
 * Files of the engine that may import node: modules: each has a form for browsers beside it, or never gets
 * there.
 */
const FOR_NODE = [
  'host/host.ts',
  'host/file-writer.ts',
  'host/folder-writer.ts',
  'host/installed-packages.ts',
  'host/package-folder.ts',
  'host/process-mark.ts',
  'host/relaxed-simd.ts',
  'backends/wasm/glue.ts',
  'backends/webgpu/dawn.ts',
  'backends/wasm/threads/',
  'backends/tensorflow/',
  'worker/open-worker.ts',
  'cli/',
];

test('asks the host for what only Node has', () => {
  const wrong = files.filter((file) => {
    if (FOR_NODE.some((prefix) => inSrc(file).startsWith(prefix))) return false;
    const text = readFileSync(file, 'utf8').replace(/^import type .*$/gm, '');
    return /(from|import)\s*\(?\s*['"]node:/.test(text);
  });
  assert.equal(wrong.map(inSrc), []);
});

test('re-exports in index.ts only, and reaches TensorFlow.js through #tf', () => {
  const wrong: string[] = [];
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const name = inSrc(file);
    if (name !== 'index.ts' && /^export (type )?(\*|\{[^}]*\}) from/m.test(text))
      wrong.push(`${name} is a barrel`);
    if (/from ['"]@tensorflow\//.test(text)) wrong.push(`${name} imports a @tensorflow package`);
    if (/^export default/m.test(text)) wrong.push(`${name} has a default export`);
  }
  assert.equal(wrong, []);
});

/** What the packages may import besides their own files and what node has: their dependencies. */
const PACKAGES = ['server', 'queue'];

test('lets packages import only the public voirs and what they depend on', () => {
  const wrong: string[] = [];
  for (const name of PACKAGES) {
    const folder = join(root, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      dependencies: object;
      optionalDependencies: object;
      peerDependencies: object;
    };
    const { dependencies, optionalDependencies, peerDependencies } = manifest;
    const allowed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
    // Types, and parts of packages that are public by a name of their own.
    const isAllowed = (specifier: string) =>
      allowed.includes(specifier) ||
      /^voirs\/(epub|file-writer)$|^@bull-board\/api\/bullMQAdapter$/.test(specifier);
    for (const file of sources(join(folder, 'src'))) {
      const text = readFileSync(file, 'utf8');
      for (const [, specifier] of text.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
        const isOwn =
          specifier!.startsWith('.') && join(dirname(file), specifier!).startsWith(join(folder, 'src'));
        if (!isOwn && !specifier!.startsWith('node:') && !isAllowed(specifier!))
          wrong.push(`${relative(root, file)} imports ${specifier}`);
      }
    }
  }
  assert.equal(wrong, []);
});

test.run();
