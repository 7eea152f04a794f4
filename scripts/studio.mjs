// Builds dist/studio: the page of web/, without the engine and the voices, which it takes from the package beside
// it.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build as esbuild } from 'esbuild';
import { build } from 'vite';
import { aacWorker } from './aac-worker.mjs';
import { keepPackages } from './notices.mjs';

const RESAMPLER = '@alexanderolsen/libsamplerate-js';
/** The voice set that a page speaks with first. */
const FIRST_SET = 'aspen';

/** What the cards show of each voice, from the manifests of the package. */
function voicesOf(root) {
  const weights = join(root, 'weights');
  const sets = readdirSync(weights)
    .filter((name) => existsSync(join(weights, name, 'model.json')))
    .sort((a, b) => Number(b === FIRST_SET) - Number(a === FIRST_SET) || a.localeCompare(b));
  return sets.flatMap((set) => {
    const { speakers } = JSON.parse(readFileSync(join(weights, set, 'model.json'), 'utf8'));
    return speakers.map(({ id, name, gender, language, logF0 }) => {
      const sample = `samples/${id}.mp3`;
      const has = existsSync(join(root, 'web', 'public', sample));
      return { id, name, gender, language, set, logF0, ...(has ? { sample: `./${sample}` } : {}) };
    });
  });
}

/** Sources of the library take their forms for browsers, as package.json says. */
function browserForms(root) {
  const { browser } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const forms = new Map(
    Object.entries(browser)
      .filter(([from]) => from.startsWith('./src/'))
      .map(([from, to]) => [join(root, from), join(root, to)]),
  );
  return {
    name: 'voirs-browser-forms',
    enforce: 'pre',
    resolveId(source, importer) {
      if (!importer || !source.startsWith('.') || !source.endsWith('.js')) return undefined;
      return forms.get(join(importer, '..', source));
    },
  };
}

/** The sources of the library do nothing when they are loaded, but for one: what the page does not use is left out. */
function hasEffects(root) {
  const library = [join(root, 'src'), join(root, 'vendor')];
  return (id) => !library.some((folder) => id.startsWith(folder)) || id.includes('disposal');
}

/** Notes the files that a bundle is made from. */
function listener(inputs) {
  return {
    name: 'voirs-packages',
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        for (const id of Object.keys(chunk.modules ?? {})) inputs[id.replace(/\?.*$/, '')] = {};
      }
    },
  };
}

function plugins(root, inputs, aac) {
  return [
    listener(inputs),
    browserForms(root),
    {
      name: 'voirs-voices',
      resolveId: (source) => (source === 'virtual:voices' ? '\0voices' : undefined),
      load: (id) =>
        id === '\0voices' ? `export const list = ${JSON.stringify(voicesOf(root))};` : undefined,
    },
    {
      // The encoder of Opus asks for it in Node only.
      name: 'voirs-no-node',
      enforce: 'pre',
      resolveId: (source) => (source === 'node:module' ? '\0no-node' : undefined),
      load: (id) => (id === '\0no-node' ? 'export const createRequire = undefined;' : undefined),
    },
    {
      name: 'voirs-aac-worker',
      enforce: 'pre',
      load: (id) => (id === aac.id ? aac.code : undefined),
    },
    {
      // Twice the size of everything else, and already in the package.
      name: 'voirs-resampler',
      enforce: 'pre',
      resolveId: (source) =>
        source === RESAMPLER ? { id: '../voirs/dist/browser/resampler.js', external: true } : undefined,
    },
  ];
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)).replaceAll('\\', '/'))
    .sort();
}

/** @param root the repository, whose dist/browser is built. */
export async function buildStudio(root) {
  const outDir = join(root, 'dist', 'studio');
  rmSync(outDir, { recursive: true, force: true });
  /** The font is no module. */
  const inputs = { 'node_modules/@fontsource-variable/figtree/': {} };
  const aac = aacWorker(root);
  await build({
    configFile: false,
    root: join(root, 'web'),
    base: './',
    logLevel: 'warn',
    plugins: plugins(root, inputs, aac),
    worker: {
      format: 'es',
      plugins: () => plugins(root, inputs, aac),
      rolldownOptions: { treeshake: { moduleSideEffects: hasEffects(root) } },
    },
    build: {
      outDir,
      emptyOutDir: false,
      target: 'es2022',
      assetsInlineLimit: 0, // a strict policy allows no data: URLs for fonts and scripts
      modulePreload: { polyfill: false },
      rolldownOptions: { treeshake: { moduleSideEffects: hasEffects(root) } },
      chunkSizeWarningLimit: 1200,
    },
  });
  writeFileSync(join(outDir, 'assets', aac.name), aac.script);
  const files = filesBelow(outDir);
  // index.html is ./; what writes AAC is larger than the page, and is kept when it has been asked for.
  const shell = files.filter((file) => file !== 'index.html' && !file.startsWith('assets/aac-'));
  const engine = ['dist/browser/voirs.js'].map((file) => join(root, file));
  const hash = createHash('sha256');
  for (const file of [...files.map((file) => join(outDir, file)), ...engine]) hash.update(readFileSync(file));
  const studio = {
    files: ['./', ...shell.map((file) => `./${file}`)],
    version: hash.digest('hex').slice(0, 16),
  };
  await esbuild({
    entryPoints: [join(root, 'web', 'src', 'sw.ts')],
    outfile: join(outDir, 'sw.js'),
    bundle: true,
    minify: true,
    target: 'es2022',
    define: { STUDIO: JSON.stringify(studio) },
  });
  keepPackages(outDir, [{ inputs }]);
}
