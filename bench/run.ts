// npm run bench: finds the suite by its file name, runs it, prints its report; without a name, lists the suites.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from './cache.js';
import { printReport } from './report.js';
import type { Suite } from './suite.js';

const folder = join(repositoryRoot, 'bench');

/** The suite in bench/NAME.ts, or null where that module is not a suite. */
async function loadSuite(name: string): Promise<Suite | null> {
  const module = (await import(pathToFileURL(join(folder, `${name}.ts`)).href)) as Partial<Suite>;
  return module.run && module.description ? (module as Suite) : null;
}

async function list(): Promise<void> {
  console.log('npm run bench -- NAME [--json] [options of the suite]\n');
  const names = readdirSync(folder).filter((file) => file.endsWith('.ts') && file !== 'run.ts');
  for (const name of names.map((file) => file.slice(0, -3)).sort()) {
    try {
      const suite = await loadSuite(name);
      if (suite) console.log(`  ${name.padEnd(16)} ${suite.description}`);
    } catch (error) {
      console.log(`  ${name.padEnd(16)} (does not load: ${(error as Error).message.split('\n')[0]})`);
    }
  }
}

async function main(argv: string[]): Promise<void> {
  const [name, ...rest] = argv;
  if (name === undefined || name.startsWith('-')) return list();
  const isSuiteFile = /^[\w-]+$/.test(name) && name !== 'run' && existsSync(join(folder, `${name}.ts`));
  const suite = isSuiteFile ? await loadSuite(name) : null;
  if (!suite) throw new Error(`no bench suite named ${name}; npm run bench lists them`);
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
