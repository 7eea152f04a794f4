// If this fails, files of a running process are removed, or those of a killed one never are.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { MARK_PATTERN, markState, processMark } from '../../src/host/process-mark.js';

const test = suite('marks of processes');
const parts = (): string[] => processMark().split('-');

/** A mark that another process prints, which then waits. */
async function markOfChild() {
  const program = `
    const { processMark } = await import('./src/host/process-mark.ts');
    console.log(processMark());
    setTimeout(() => {}, 60_000);`;
  const child = spawn(process.execPath, [...process.execArgv, '--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return { mark: line.toString().trim(), child };
}

test('makes marks that are never the same', () => {
  const marks = Array.from({ length: 100 }, processMark);
  assert.is(new Set(marks).size, 100);
  for (const mark of marks) assert.match(mark, new RegExp(`^${MARK_PATTERN}$`));
});

test('tells a running process from a killed one', async () => {
  if (process.platform !== 'linux') return console.log('SKIP marks of other processes: there is no /proc');
  assert.is(markState(processMark()), 'alive');
  const { mark, child } = await markOfChild();
  assert.is(markState(mark), 'alive');
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.is(markState(mark), 'dead');
});

test('takes no later process of the same number for the first', () => {
  if (process.platform !== 'linux') return console.log('SKIP start times: there is no /proc');
  const [view, pid, start, random] = parts();
  assert.is(markState([view, pid, Number(start) - 1, random].join('-')), 'dead');
});

test('does not judge processes of other machines and containers', () => {
  const [, pid, start, random] = parts();
  assert.is(markState(['00000000', pid, start, random].join('-')), 'unknown');
});

test.run();
