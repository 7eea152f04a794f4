// The encoder of AAC, which begins its worker from a string in its own code: the studio's policy allows no such script,
// so that the build makes a file of it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const PACKAGE = '@mediabunny/aac-encoder';
const BUNDLE = join(
  'node_modules',
  '@mediabunny',
  'aac-encoder',
  'dist',
  'bundles',
  'mediabunny-aac-encoder.mjs',
);

/**
 * The worker, and the package's code that begins it from its file.
 * @param root the repository.
 * @throws Error when the package has another form than the one that is known.
 */
export function aacWorker(root) {
  const id = join(root, BUNDLE);
  const source = readFileSync(id, 'utf8');
  const found = /return inlineWorker\((`(?:[^`\\]|\\[\s\S])*`)\);/.exec(source);
  if (!found)
    throw new Error(
      `${PACKAGE} begins its worker otherwise than it did: see ${BUNDLE} and scripts/aac-worker.mjs`,
    );
  const script = new Function(`return ${found[1]}`)();
  const name = `aac-encoder-${createHash('sha256').update(script).digest('hex').slice(0, 8)}.js`;
  // Beside the script of the worker that asks for it.
  const begin = `return new Worker(new URL(${JSON.stringify(name)}, self.location.href));`;
  const code = source.slice(0, found.index) + begin + source.slice(found.index + found[0].length);
  return { id, code, name, script };
}
