// Builds dist/browser: voirs as ES modules for pages without a bundler. voirs.js has everything that speech
// needs; resampler.js (libsamplerate, twice its size) is loaded where a sample rate differs; voirs-worker.js is
// the file of a pipeline's own worker; player.js and speech-element.js stand alone. A service worker may not load
// code on demand: service-worker.js is voirs.js and resampler.js.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { keepPackages } from './notices.mjs';

const RESAMPLER = '@alexanderolsen/libsamplerate-js';
const NOTICE =
  '/*! voirs, Apache-2.0; with parts under other licences: THIRD-PARTY-NOTICES.md in its package */';

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
  await bundle({
    entryPoints: [join(root, 'dist', 'index.js')],
    outfile: join(folder, 'voirs.js'),
    plugins: [
      {
        name: 'resampler-apart',
        setup(build) {
          const filter = new RegExp(`^${RESAMPLER}$`);
          build.onResolve({ filter }, () => ({ path: './resampler.js', external: true }));
        },
      },
    ],
  });
  for (const name of ['player', 'speech-element']) {
    const entryPoints = [join(root, 'dist', 'player', `${name}.js`)];
    await bundle({ entryPoints, outfile: join(folder, `${name}.js`) });
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
