// `npm test`: prepares a fresh clone (install, build), then runs every test file in its own process, so that a leak
// or a global left behind by one cannot hide in another. Arguments filter the files by a part of their path.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './chromium.mjs';
import { prepare } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const CONCURRENCY = 2;
const LIMIT_MS = 300_000;

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return testFiles(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });
}

/** Runs one file. @returns its counts and output; a crash, a time-out or an empty file counts as a failure. */
function runFile(path) {
  return new Promise((resolve) => {
    const started = Date.now();
    const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', path], {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const timer = setTimeout(() => {
      output += `\nstopped after ${LIMIT_MS / 1000} s\n`;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.on('close', (code) => {
      clearTimeout(timer);
      const sum = (label) =>
        [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce(
          (n, match) => n + Number(match[1]),
          0,
        );
      const total = sum('Total');
      const passed = sum('Passed');
      const skipped = sum('Skipped');
      let failed = total - passed - skipped;
      const skipsAll = total === 0 && /^SKIP/m.test(output); // said aloud, and told below
      if (failed === 0 && (code !== 0 || (total === 0 && !skipsAll))) failed = 1;
      resolve({ passed, failed, skipped, output, seconds: (Date.now() - started) / 1000 });
    });
  });
}

prepare();
const filters = process.argv.slice(2);
const files = testFiles(join(root, 'test'))
  .filter((path) => filters.length === 0 || filters.some((filter) => relative(root, path).includes(filter)))
  .sort();
if (files.some((path) => /\/harness\.js'/.test(readFileSync(path, 'utf8')))) ensureChromium();

let passed = 0;
let failed = 0;
let skipped = 0;
const queue = [...files];
const worker = async () => {
  for (let path = queue.shift(); path; path = queue.shift()) {
    const result = await runFile(path);
    passed += result.passed;
    failed += result.failed;
    skipped += result.skipped;
    const counts = `${result.passed} passed${result.failed ? `, ${result.failed} FAILED` : ''}`;
    console.log(
      `${result.failed ? '✗' : '✓'} ${relative(root, path)}: ${counts} (${result.seconds.toFixed(1)} s)`,
    );
    for (const line of result.output.match(/^SKIP.*$/gm) ?? []) console.log(`  ${line}`);
    if (result.failed) console.log(result.output.replace(/^/gm, '  | '));
  }
};
await Promise.all(Array.from({ length: CONCURRENCY }, worker));
console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
