// Builds dist/browser: voirs as ES modules for pages without a bundler. voirs.js has everything that speech
// needs; resampler.js (libsamplerate, twice its size) is loaded where a sample rate differs; voirs-worker.js is
// the file of a pipeline's own worker; player.js stands alone, and speech-element.js loads voirs.js when it speaks. A
// service worker may not load code on demand: service-worker.js is voirs.js and resampler.js. What only other people's
// voices need is in readers.js and models.js, what only a graphics card needs in webgpu.js; they share voirs.js's own
// modules, so that an error or a tensor of one is an error or a tensor of all.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { build } from 'esbuild';
import { keepPackages } from './notices.mjs';

const RESAMPLER = '@alexanderolsen/libsamplerate-js';
const NOTICE =
  '/*! voirs, Apache-2.0; with parts under other licences: THIRD-PARTY-NOTICES.md in its package */';

/** Modules that are imported when they are needed, by their place in dist/, and the file that each becomes. */
const LATER = {
  'voices/foreign/others.js': 'readers.js',
  'acoustic/others.js': 'models.js',
  'backends/webgpu/backend.js': 'webgpu.js',
};

/** @param root the repository, whose dist/ and vendor/ are built. */
export async function buildBrowser(root) {
  const folder = join(root, 'dist', 'browser');
  const shared = {
    bundle: true,
    metafile: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8', // modules are UTF-8 wherever they are served from; escapes took 18 kB
    legalComments: 'none',
    banner: { js: NOTICE },
    absWorkingDir: root,
    logLevel: 'error',
  };
  const metafiles = [];
  const bundle = async (options) => metafiles.push((await build({ ...shared, ...options })).metafile);
  const apart = {
    name: 'apart',
    setup(build) {
      const filter = new RegExp(`^${RESAMPLER}$`);
      build.onResolve({ filter }, () => ({ path: './resampler.js', external: true }));
      build.onResolve({ filter: /[\\/](?:others|backend)\.js$/ }, ({ path, resolveDir, kind }) => {
        if (kind !== 'dynamic-import') return undefined;
        const place = relative(join(root, 'dist'), join(resolveDir, path)).split(sep).join('/');
        if (LATER[place] !== undefined) return { path: `./${LATER[place]}`, external: true };
        if (place.endsWith('others.js')) throw new Error(`no file for ${place}`);
        return undefined; // a backend that voirs.js has
      });
    },
  };
  const index = { contents: "export * from './index.js';", resolveDir: join(root, 'dist') };
  const inputsOf = async (options) => {
    const { metafile } = await build({ ...shared, ...options, plugins: [apart], write: false });
    return Object.keys(metafile.inputs).filter((path) => path.endsWith('.js'));
  };
  const own = new Set(await inputsOf({ stdin: index }));
  const lent = new Map(); // names that are taken from each module of voirs.js
  for (const place of Object.keys(LATER)) {
    const inputs = await inputsOf({ entryPoints: [join(root, 'dist', place)] });
    for (const path of inputs.filter((one) => !own.has(one))) {
      for (const [from, names] of importsOf(root, path)) {
        if (own.has(from)) lent.set(from, new Set([...(lent.get(from) ?? []), ...names]));
      }
    }
  }
  const lines = [...lent].map(([path, names], n) => {
    const given = [...names].map((name) => `${name} as ${name}${n}`);
    return `import { ${given.join(', ')} } from ${JSON.stringify(join(root, path))};`;
  });
  const modules = [...lent].map(([path, names], n) => {
    return `${JSON.stringify(path)}: { ${[...names].map((name) => `${name}: ${name}${n}`).join(', ')} }`;
  });
  index.contents = [
    ...lines,
    index.contents,
    `export const modulesOfVoirs = { ${modules.join(', ')} };`,
  ].join('\n');
  await bundle({ stdin: index, outfile: join(folder, 'voirs.js'), plugins: [apart] });
  for (const [place, file] of Object.entries(LATER)) {
    const entryPoints = [join(root, 'dist', place)];
    await bundle({ entryPoints, outfile: join(folder, file), plugins: [borrowed(root, lent)] });
  }
  const engineApart = {
    name: 'engine-apart',
    setup(build) {
      const filter = /worker-pipeline\.js$/;
      build.onResolve({ filter }, () => ({ path: './voirs.js', external: true }));
    },
  };
  for (const name of ['player', 'speech-element']) {
    const entryPoints = [join(root, 'dist', 'player', `${name}.js`)];
    await bundle({ entryPoints, outfile: join(folder, `${name}.js`), plugins: [engineApart] });
  }
  await bundle({ entryPoints: [RESAMPLER], outfile: join(folder, 'resampler.js') });
  writeFileSync(
    join(folder, 'service-worker.js'),
    `${NOTICE}
import * as resampler from './resampler.js';
import { useResampler } from './voirs.js';
useResampler(async () => resampler);
export * from './voirs.js';
`,
  );
  const worker = "import { serveWorkerPipeline } from './voirs.js';\n\nserveWorkerPipeline();\n";
  writeFileSync(join(folder, 'voirs-worker.js'), worker);
  keepPackages(folder, metafiles);
}

/** The modules that a compiled file imports, by their place in the repository, and the names that it takes of each. */
function importsOf(root, path) {
  const text = readFileSync(join(root, path), 'utf8');
  const pattern = /import\s+(?:\*\s+as\s+(\w+)|\{([^}]*)\})\s+from\s+['"]([^'"]+)['"]/g;
  return [...text.matchAll(pattern)].map(([, namespace, list, specifier]) => {
    const file = specifier === '#tf' ? 'vendor/tf.js' : join(dirname(path), specifier).split(sep).join('/');
    const used = namespace
      ? [...text.matchAll(new RegExp(`\\b${namespace}\\.(\\w+)`, 'g'))].map(([, name]) => name)
      : list.split(',').map((one) => one.trim().split(/\s+as\s+/)[0]);
    return [file, used.filter(Boolean)];
  });
}

/** Takes the modules that voirs.js lends from it, in place of bundling them again. */
function borrowed(root, lent) {
  return {
    name: 'borrowed',
    setup(build) {
      build.onResolve({ filter: /^\.\/voirs\.js$/ }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /\.js$/ }, ({ path }) => {
        const place = relative(root, path).split(sep).join('/');
        if (!lent.has(place)) return undefined;
        const contents = `import { modulesOfVoirs } from './voirs.js';
export const { ${[...lent.get(place)].join(', ')} } = modulesOfVoirs[${JSON.stringify(place)}];`;
        return { contents };
      });
    },
  };
}
