// Runs one test file in its own process, counts what uvu reports, and stops a file that hangs.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processTree } from './patience.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Hooks that run TypeScript: scripts/typescript/register.mjs. */
const TYPESCRIPT = new URL('typescript/register.mjs', import.meta.url).href;

/**
 * A file is stopped when it has printed nothing and used less than IDLE_SECONDS of processor time for so
 * long.
 */
const SILENCE_SECONDS = 600;
/** 0.5 % of a core over that time: what an idle browser in a hung test takes is less. */
const IDLE_SECONDS = 3;
/** A file is stopped when its processes have used so much processor time, far more than any needs. */
const PROCESSOR_SECONDS = 3600;
/** How often the processes are looked at. */
const LOOK_SECONDS = 5;

/**
 * Decides from a file's output and processor time whether it hangs. `look` is called now and then with the
 * processor seconds so far, undefined where they cannot be read; it returns the reason to stop the file, if
 * there is one.
 */
function watch(patience) {
  let last = { at: performance.now(), seconds: 0 };
  return {
    printed() {
      last.at = performance.now();
    },
    look(seconds) {
      if (seconds > PROCESSOR_SECONDS * patience)
        return `it used ${Math.round(seconds)} s of processor time; wanted at most ${PROCESSOR_SECONDS * patience} s`;
      if (Math.abs(seconds - last.seconds) >= IDLE_SECONDS * patience)
        last = { at: performance.now(), seconds };
      const silence = (performance.now() - last.at) / 1000;
      if (silence < SILENCE_SECONDS * patience) return undefined;
      const idle = seconds === undefined ? '' : ' and computed nothing';
      return `it printed nothing${idle} for ${Math.round(silence)} s`;
    },
  };
}

/**
 * Counts in uvu's output. A crash, a hang, or a file without a test counts as a failure; a file that skips
 * all it has says SKIP.
 */
function countsOf(output, code) {
  const sum = (label) =>
    [...output.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    );
  const total = sum('Total');
  const passed = sum('Passed');
  const skipped = sum('Skipped');
  let failed = total - passed - skipped;
  const skipsAll = total === 0 && /^SKIP/m.test(output);
  if (failed === 0 && (code !== 0 || (total === 0 && !skipsAll))) failed = 1;
  return { passed, failed, skipped };
}

/**
 * Runs a test file.
 *
 * @param patience factor on the limits of silence and processor time; wall time has no limit.
 * @returns counts, output, and the seconds it took.
 */
export function runTestFile(path, patience) {
  return new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, ['--expose-gc', '--import', TYPESCRIPT, path], {
      cwd: root,
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1' },
    });
    const watched = watch(patience);
    let output = '';
    const collect = (chunk) => {
      output += chunk;
      watched.printed();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    let isStopped = false;
    const look = () => {
      const tree = processTree(child.pid);
      const reason = watched.look(tree?.seconds);
      if (reason === undefined) return;
      isStopped = true;
      clearInterval(timer);
      output += `\nstopped: ${reason}; VOIRS_TEST_PATIENCE is a factor on these limits\n`;
      // Descendants too: they hold the pipes open, and a browser would outlive its test.
      for (const id of tree?.ids ?? []) if (id !== child.pid) kill(id);
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setInterval(look, 1000 * Math.min(LOOK_SECONDS, (SILENCE_SECONDS * patience) / 4));
    child.on('close', (code) => {
      clearInterval(timer);
      const seconds = (performance.now() - started) / 1000;
      resolve({ ...countsOf(output, isStopped ? 1 : code), output, seconds });
    });
  });
}

function kill(id) {
  try {
    process.kill(id, 'SIGKILL');
  } catch {} // it has ended
}
