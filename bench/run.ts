// npm run bench: runs the suite bench/suites/NAME.ts and prints its report; with --help, prints its options;
// without a name, lists the suites.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearestName } from '../src/errors.js';
import { repositoryRoot } from './lib/cache.js';
import { helpOf } from './lib/options.js';
import { printReport } from './lib/report.js';
import type { Suite } from './lib/suite.js';

const folder = join(repositoryRoot, 'bench', 'suites');

const names = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
    .sort();

const loadSuite = (name: string): Promise<Suite> => import(pathToFileURL(join(folder, `${name}.ts`)).href);

async function list(): Promise<void> {
  console.log('npm run bench -- NAME [--help] [--json] [options of the suite]\n');
  for (const name of names()) {
    const { description } = await loadSuite(name);
    console.log(`  ${name.padEnd(16)} ${description}`);
  }
}

async function main(argv: string[]): Promise<void> {
  const [name, ...rest] = argv;
  if (name === undefined || name.startsWith('-')) return list();
  if (!names().includes(name)) {
    const near = nearestName(name, names());
    const hint = near === undefined ? '' : `did you mean ${near}? `;
    throw new Error(`no bench suite named ${name}; ${hint}npm run bench lists them`);
  }
  const suite = await loadSuite(name);
  if (rest.includes('--help')) {
    console.log(`npm run bench -- ${name} [options]\n\n${suite.description}\n`);
    for (const line of helpOf(suite.options)) console.log(line);
    return;
  }
  const report = await suite.run({ args: rest.filter((arg) => arg !== '--json') });
  printReport(report, { json: rest.includes('--json') });
}

main(process.argv.slice(2)).then(
  // Rivals leave worker threads behind that would keep the process alive.
  () => process.stdout.write('', () => process.exit(0)),
  (error: unknown) => {
    console.error(process.env.DEBUG ? error : `bench: ${(error as Error).message}`);
    process.exit(1);
  },
);
