// `npm test`: prepares a fresh clone (install, build), then runs every test file in its own process, so that
// a leak or a global left behind by one cannot hide in another. Arguments filter the files by a part of their
// path.
//
// No file fails for the time it takes. One that hangs (ten minutes without output and processor time) or
// computes without end (an hour of processor time) is stopped and counts as failed; VOIRS_TEST_PATIENCE is a
// factor on both.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './chromium.mjs';
import { ensureFfmpeg } from './ffmpeg.mjs';
import { ensureFirefox } from './firefox.mjs';
import { patience } from './patience.mjs';
import { prepare } from './prepare.mjs';
import { ensureRedis } from './redis.mjs';
import { runTestFile } from './run-test-file.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Two more than there are cores: files wait for browsers, servers and disks. */
const CONCURRENCY = availableParallelism() + 2;
/** Seconds of each file's last run that passed, by its path. */
const TIMES = join(root, '.cache', 'test-times.json');
/** What a file without a last run is expected to take, and one that opens a browser or starts servers. */
const UNKNOWN_SECONDS = 10;
const UNKNOWN_SECONDS_OF_PAGES = 30;
const PAGES = /\/(harness\.js|chromium\.mjs|firefox\.mjs|services\.js)'/;

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

function lastTimes() {
  try {
    return JSON.parse(readFileSync(TIMES, 'utf8'));
  } catch {
    return {}; // none yet, or cut off
  }
}

function keepTimes(times) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const ignore = join(root, '.cache', '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  writeFileSync(TIMES, `${JSON.stringify(times, null, 1)}\n`);
}

const factor = patience();
prepare();
const filters = process.argv.slice(2);
const times = lastTimes();
const imports = new Map();
const secondsOf = (path) =>
  times[relative(root, path)] ?? (PAGES.test(imports.get(path)) ? UNKNOWN_SECONDS_OF_PAGES : UNKNOWN_SECONDS);
const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name, 'test'));
const files = [join(root, 'test'), ...packages]
  .filter((folder) => existsSync(folder))
  .flatMap(testFiles)
  .filter((path) => filters.length === 0 || filters.some((filter) => relative(root, path).includes(filter)))
  .sort();
for (const path of files) imports.set(path, readFileSync(path, 'utf8'));
// The longest first, so that all workers finish at about the same time.
files.sort((a, b) => secondsOf(b) - secondsOf(a));
/** What the files ask for by an import is put in place first. */
const ask = (pattern) => [...imports.values()].some((text) => pattern.test(text));
if (ask(/\/(harness\.js|chromium\.mjs)'/)) ensureChromium();
if (ask(/\/firefox\.mjs'/)) ensureFirefox();
if (ask(/\/ffmpeg\.js'/)) ensureFfmpeg();
if (ask(/\/services\.js'/)) ensureRedis();

let passed = 0;
let failed = 0;
let skipped = 0;
const queue = [...files];
const worker = async () => {
  for (let path = queue.shift(); path; path = queue.shift()) {
    const result = await runTestFile(path, factor);
    const name = relative(root, path);
    passed += result.passed;
    failed += result.failed;
    skipped += result.skipped;
    if (result.failed === 0) times[name] = Math.round(result.seconds * 10) / 10;
    const counts = `${result.passed} passed${result.failed ? `, ${result.failed} FAILED` : ''}`;
    console.log(`${result.failed ? '✗' : '✓'} ${name}: ${counts} (${result.seconds.toFixed(1)} s)`);
    for (const line of result.output.match(/^SKIP.*$/gm) ?? []) console.log(`  ${line}`);
    if (result.failed) console.log(result.output.replace(/^/gm, '  | '));
  }
};
await Promise.all(Array.from({ length: CONCURRENCY }, worker));
keepTimes(times);
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
