// The hooks of register.mjs: `./x.js` of a TypeScript file is `./x.ts`, and what esbuild makes of a source is kept in
// .cache/typescript, so that one process of hundreds compiles it. What is kept ends with the digest of its source: a
// file of another time, branch or version of esbuild is never taken for it.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, '.cache', 'typescript');
const { version } = createRequire(import.meta.url)('esbuild/package.json');
const ownSource = readFileSync(fileURLToPath(import.meta.url));

/** Node's own rules, but for imports of what tsc would have compiled. */
export async function resolve(specifier, context, next) {
  const isPath = /^(\.\.?\/|file:)/.test(specifier);
  if (isPath && specifier.endsWith('.js')) {
    const url = new URL(`${specifier.slice(0, -2)}ts`, context.parentURL);
    const isSource = !url.pathname.includes('/node_modules/') && existsSync(url);
    if (isSource && !existsSync(new URL(specifier, context.parentURL)))
      return { url: url.href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: await compiled(path), shortCircuit: true };
}

async function compiled(path) {
  const text = readFileSync(path);
  const digest = createHash('sha256').update(version).update(ownSource).update(text).digest('hex');
  const end = `\n//# ${digest}\n`;
  const name = relative(root, path);
  // What a test writes for itself has a new name each time.
  const kept = /^(\.\.|\.cache)[\\/]/.test(name) ? undefined : join(cache, `${name}.js`);
  const before = kept && read(kept);
  if (before?.endsWith(end)) return before;
  const { transform } = await import('esbuild');
  const { code } = await transform(text.toString(), {
    loader: 'ts',
    format: 'esm',
    target: 'node20.10',
    sourcefile: basename(path),
    sourcemap: 'inline',
    sourcesContent: false,
    tsconfigRaw: { compilerOptions: { target: 'ES2022', verbatimModuleSyntax: true } },
  });
  const source = `${code.trimEnd()}${end}`;
  if (kept) keep(kept, source);
  return source;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // not there
  }
}

/** Whole or not at all: other processes read and write the same files. A folder that refuses costs time only. */
function keep(path, source) {
  const partial = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(partial, source);
    renameSync(partial, path);
  } catch {}
}
