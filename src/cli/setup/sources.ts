// Step 1: fetches tfjs-node's sources and Node's C headers from the npm registry that the user has
// configured. Only the two packages themselves: no install script runs (it would fetch an old libtensorflow),
// and no dependency is installed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pins from './pins.json' with { type: 'json' };
import { lastWords, runProgram, type SetupContext, stepFailed } from './programs.js';

interface Pin {
  name: string;
  version: string;
  integrity: string;
}

/** Fetches the packages that are missing into tfjs-node/ and node-headers/. */
export async function fetchSources(context: SetupContext): Promise<void> {
  await fetchPackage(pins.tfjsNode, 'tfjs-node', context);
  await fetchPackage(pins.nodeHeaders, 'node-headers', context);
}

async function fetchPackage(
  { name, version, integrity }: Pin,
  to: string,
  context: SetupContext,
): Promise<void> {
  const target = join(context.folder, to);
  if (existsSync(target)) return;
  context.report(`${name} ${version} from the npm registry`);
  const scratch = join(context.folder, 'download', to);
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', scratch];
  const packed = await runProgram(npm, [...args, `${name}@${version}`], context);
  const archive = readdirSync(scratch).find((file) => file.endsWith('.tgz'));
  if (packed.code !== 0 || archive === undefined) {
    throw stepFailed('sources', `npm could not fetch ${name} ${version}`, {
      got: lastWords(packed.output),
      suggestion: 'Check that `npm ping` works here',
    });
  }
  const digest = createHash('sha512')
    .update(readFileSync(join(scratch, archive)))
    .digest('base64');
  if (`sha512-${digest}` !== integrity) {
    throw stepFailed('sources', `${name} ${version} is not the published package`, {
      got: `sha512-${digest}`,
      suggestion: 'Use a registry that serves it unchanged',
    });
  }
  const unpacked = await runProgram('tar', ['-xzf', join(scratch, archive), '-C', scratch], context);
  if (unpacked.code !== 0) {
    throw stepFailed('sources', `tar could not unpack ${archive}`, {
      got: lastWords(unpacked.output),
      suggestion: 'Check that `tar` is installed and the disk is not full',
    });
  }
  renameSync(join(scratch, 'package'), target);
}
