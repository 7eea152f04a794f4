// npm run deploy:check -- --packed FOLDER: examples/deploy from the packed packages of FOLDER. They are installed into an
// empty folder as the image does it, the files are held against published schemas, and what the containers run is run as
// processes: a small book is spoken both ways. No image is built, and no cluster is used.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fleetImage, kubernetesFolder } from './files.mjs';
import { composeUp, kubernetesUp } from './processes.mjs';
import { brokenSchemas, SCHEMA_PACKAGES } from './schemas.mjs';

const { packed } = parseArgs({ options: { packed: { type: 'string' } } }).values;
if (packed === undefined) throw new Error('say where the packed packages are: --packed FOLDER');

function run(command, args, cwd) {
  const { status, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`);
}

function install(packages, options = []) {
  const folder = mkdtempSync(join(tmpdir(), 'deploy-check-'));
  run('npm', ['init', '--yes'], folder);
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...options, ...packages], folder);
  return folder;
}

function assertInTime({ stopped }) {
  for (const { name, seconds, graceSeconds } of stopped) {
    console.log(`  ${name} stopped after ${seconds.toFixed(2)} s of ${graceSeconds}`);
    if (seconds > graceSeconds) throw new Error(`${name} would have been killed after ${graceSeconds} s`);
  }
}

const { options, packages } = fleetImage();
const tarballs = readdirSync(packed)
  .filter((name) => /^voirs-(server-|queue-)?\d.*\.tgz$/.test(name))
  .map((name) => resolve(packed, name));
if (tarballs.length !== 3) throw new Error(`${packed} does not hold voirs, voirs-server and voirs-queue`);
const folders = [install(SCHEMA_PACKAGES), install([...tarballs, ...packages], options)];
try {
  const broken = await brokenSchemas(folders[0]);
  if (broken.length > 0) throw new Error(broken.join('\n'));
  console.log('compose.yaml and the resources of Kubernetes and KEDA fit their schemas');

  if (spawnSync('kubectl', ['version', '--client']).status === 0) {
    run('kubectl', ['kustomize', kubernetesFolder]);
    console.log('kubectl kustomize builds them');
  } else console.log('SKIP: there is no kubectl');

  const { workers, files, ...compose } = await composeUp(folders[1]);
  console.log(`compose: ${workers} workers made ${files.map(({ name }) => name).join(', ')}`);
  assertInTime(compose);
  const { lengths, probes, states, ...kubernetes } = await kubernetesUp(folders[1]);
  console.log(
    `kubernetes: KEDA counts ${JSON.stringify(lengths)}, probes ${JSON.stringify(probes)}, ${states}`,
  );
  assertInTime(kubernetes);
  if (files.length < 2 || lengths.waiting < 1 || states.some((state) => state !== 'done'))
    throw new Error('the small book was not spoken');
} finally {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
