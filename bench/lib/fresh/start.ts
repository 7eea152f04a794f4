// Starting the programs of this folder: each is a process of its own, on the built package, without tsx in
// it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../cache.js';
import { lastLines, runProgram } from '../program.js';

/** A program here and what node is given before it. */
export interface FreshProgram {
  name: 'cold-start' | 'cycles' | 'growth' | 'limits' | 'sharing' | 'soak' | 'soak-onnxruntime' | 'speak';
  nodeFlags?: string[];
}

/**
 * Collects when it is told to. V8's young generation grows to 16 MiB in any program that runs for some
 * seconds, and from V8 13 on (Node 24) further; it has that size from the start here, so that it is in the
 * first reading as in the last.
 */
export const SETTLED_NODE = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];

/**
 * Runs a program with `input` as JSON and parses the line it prints.
 *
 * @throws Error with its last words when it fails.
 */
export async function runFresh<Output>(
  { name, nodeFlags = [] }: FreshProgram,
  input: object,
): Promise<Output> {
  if (!existsSync(join(repositoryRoot, 'dist', 'index.js'))) {
    throw new Error('dist/ is missing: npm run bench builds it (or npm run build)');
  }
  const script = join(repositoryRoot, 'bench', 'lib', 'fresh', `${name}.mjs`);
  const result = await runProgram(process.execPath, [...nodeFlags, script, JSON.stringify(input)]);
  if (result.code !== 0) throw new Error(`bench/lib/fresh/${name}.mjs failed: ${lastLines(result.stderr)}`);
  // Native libraries of rivals print lines of their own before it.
  return JSON.parse(result.stdout.trim().split('\n').at(-1)!) as Output;
}
