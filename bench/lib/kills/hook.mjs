// Preloaded into `voirs batch` by batches.ts (node --import): counts what the program does to files of one folder, and
// kills the program at one of these steps. It stands beside the program: nothing of this is in the package.
//   VOIRS_KILL = { "folder": PATH, "at": N, "of": PATTERN, "when": "before" | "after" | "half", "log": PATH }
// The program dies at the Nth step whose name fits the pattern; `half`: of a write, one half of the bytes is written
// first. The names of all steps go to the log, one a line.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { folder, at, of = '', when, log } = JSON.parse(process.env.VOIRS_KILL);
const { promises } = fs;
const written = fs.openSync(log, 'a');
const counted = new RegExp(of);
let steps = 0;

const isOurs = (path) => typeof path === 'string' && path.startsWith(folder);

/** Runs one step, or dies around it. @param half does a part of it, where it can be parted. */
async function step(name, work, half) {
  fs.writeSync(written, `${name}\n`);
  const isLast = counted.test(name) && ++steps === at;
  if (isLast && when === 'before') die();
  if (isLast && when === 'half') {
    half?.();
    die();
  }
  const result = await work();
  if (isLast) die();
  return result;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
  for (;;); // the signal may take a moment
}

function patch(owner, name, pathOf, halfOf = () => undefined) {
  const original = owner[name];
  owner[name] = function (...args) {
    const path = pathOf(this, args);
    if (!isOurs(path)) return original.apply(this, args);
    const half = halfOf(this, args);
    return step(`${name} ${path.slice(folder.length + 1)}`, () => original.apply(this, args), half);
  };
}

/** Paths of open files. */
const paths = new WeakMap();
const { open } = promises;
promises.open = async (path, ...rest) => {
  const handle = isOurs(path)
    ? await step(`open ${path.slice(folder.length + 1)}`, () => open(path, ...rest))
    : await open(path, ...rest);
  paths.set(handle, path);
  return handle;
};
for (const name of ['rename', 'rm', 'mkdir', 'readdir']) patch(promises, name, (_, [path]) => path);

const probe = await open('/dev/null');
const handles = Object.getPrototypeOf(probe);
await probe.close();
const pathOf = (handle) => paths.get(handle);
/** The first half of what a call writes, at once. */
const half = (handle, [data, offset, length, position]) => {
  const bytes = Buffer.from(data).subarray(offset ?? 0, (offset ?? 0) + (length ?? data.length));
  return () => fs.writeSync(handle.fd, bytes, 0, bytes.length >> 1, position ?? null);
};
patch(handles, 'write', pathOf, half);
patch(handles, 'appendFile', pathOf, (handle, [data]) => half(handle, [data]));
patch(handles, 'writeFile', pathOf, (handle, [data]) => half(handle, [data]));
for (const name of ['sync', 'datasync', 'chmod', 'chown', 'close']) patch(handles, name, pathOf);
syncBuiltinESMExports();
