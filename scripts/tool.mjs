// npm run typecheck, lint, format: runs a tool of node_modules/, and prepares a fresh clone (install, build)
// for it. Usage: node scripts/tool.mjs NAME [arguments]
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The package that each tool comes with. */
const PACKAGES = { tsx: 'tsx', tsc: 'typescript', biome: '@biomejs/biome' };

/** Runs a tool to its end and ends this process with its exit code. */
export function runTool(name, args) {
  // Benches measure the build, so theirs is current; the others read sources and need a build's declarations
  // at most.
  prepare({ build: name === 'tsx' ? 'changed' : 'missing' });
  const folder = join(root, 'node_modules', PACKAGES[name]);
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest)) {
    console.error(`voirs: ${name} is not installed; run: npm ci --include=dev`);
    process.exit(1);
  }
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'));
  const script = join(folder, typeof bin === 'string' ? bin : bin[name]);
  const { status, signal } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  process.exit(status ?? (signal === 'SIGINT' ? 130 : 1));
}

const [, called, name, ...args] = process.argv;
if (called === fileURLToPath(import.meta.url)) {
  if (!(name in PACKAGES)) {
    console.error(`voirs: no tool ${name}; there are ${Object.keys(PACKAGES).join(', ')}`);
    process.exit(1);
  }
  runTool(name, args);
}
