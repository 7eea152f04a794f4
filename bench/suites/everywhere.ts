// Whether the packed package builds and speaks where people use it: runtimes, servers, frameworks and bundlers, each
// in an empty folder with pinned versions from npm.
import { readFileSync } from 'node:fs';
import { openBrowser } from '../lib/browser/harness.js';
import { environment } from '../lib/environment.js';
import { PLATFORM, Project, packed } from '../lib/everywhere/project.js';
import { TARGETS } from '../lib/everywhere/targets.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description =
  'whether the packed package builds and speaks in runtimes, frameworks and bundlers';

const NAMES = Object.keys(TARGETS);

export const options = {
  only: { kind: 'names', of: NAMES, default: NAMES, does: 'places' },
} as const satisfies Options;

const PACKAGES = JSON.parse(
  // Runtimes are packages of binaries, one for each platform.
  readFileSync(new URL('../lib/everywhere/packages.json', import.meta.url), 'utf8').replaceAll(
    'PLATFORM',
    PLATFORM,
  ),
) as Record<string, Record<string, string>>;

/** @throws Error on an unknown option or value; after all places, when one of them failed. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { only } = parseOptions(options, args);
  const facts = environment({ seed: 0, warmups: 0, runs: 1 });
  const tarball = await packed();
  const browser = await openBrowser();
  const rows: Report['tables'][0]['rows'] = [];
  const failed: string[] = [];
  for (const name of only) {
    const packages = PACKAGES[name]!;
    const versions = Object.entries(packages).map(([one, version]) => `${one} ${version}`);
    const began = performance.now();
    const seconds = () => Math.round((performance.now() - began) / 1000);
    console.error(`${name} ...`);
    try {
      const project = await Project.create(name, tarball, packages);
      const shown = await TARGETS[name]!(project, browser);
      const { said, threads, note } = shown ?? { said: 'built; no browser here to speak in' };
      rows.push([name, versions.join(', '), said, threads ?? null, note || null, seconds()]);
    } catch (error) {
      failed.push(`${name}: ${(error as Error).message}`);
      rows.push([
        name,
        versions.join(', '),
        'FAILED',
        null,
        (error as Error).message.slice(0, 300),
        seconds(),
      ]);
    }
  }
  await browser?.close();
  if (failed.length > 0) process.exitCode = 1;
  const columns = ['place', 'versions', 'spoke', 'threads', 'remark', 'seconds'];
  const notes = [`the package: ${tarball.split(/[\\/]/).at(-1)}`, ...failed.map((one) => `FAILED ${one}`)];
  return { name: 'everywhere', environment: facts, tables: [{ title: 'places', columns, rows }], notes };
}
