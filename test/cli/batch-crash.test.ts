// If this fails, a batch that was killed (out of memory, a stopped container) ends with other files than an
// undisturbed run, or cannot be continued at all.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readJournal, stateOf } from '../../src/cli/batch-journal.js';
import { finish, program, runCli, scratch, startCli } from './run-cli.js';

const test = suite('killed batches');
const TEXTS = 'One.|Two and a half.|Three blind mice.|Four.|Five went away.|Six.|Seven.|Eight.'.split('|');
const FOLDERS = 3;
const KILLS = 4;

/** WAV files of a folder by name; fails for any other file but the journal. */
function wavs(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder).filter((name) => name !== 'batch.jsonl');
  for (const name of names) assert.match(name, /^\d{4}\.wav$/);
  return new Map(names.sort().map((name) => [name, readFileSync(`${folder}/${name}`)]));
}

function assertSame(folder: string, wanted: Map<string, Buffer>): void {
  const found = wavs(folder);
  assert.equal([...found.keys()], [...wanted.keys()]);
  for (const [name, file] of wanted) assert.ok(found.get(name)!.equals(file), `${folder}/${name}`);
}

/** Waits until there is a partial file in the folder of a run, or the run has ended. */
async function firstRow(folder: string, run: ChildProcess): Promise<void> {
  const isWriting = (): boolean =>
    existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.partial'));
  while (run.exitCode === null && !isWriting()) await sleep(10);
}

test('ends byte for byte as an undisturbed run after twelve kills', async () => {
  using folder = scratch();
  writeFileSync(folder.path('in.txt'), TEXTS.join('\n'));
  const command = (out: string): string[] => ['batch', folder.path('in.txt'), '-d', out, '--threads', '1'];
  const undisturbed = startCli(command(folder.path('whole')));
  const whole = finish(undisturbed);
  const started = performance.now();
  await firstRow(folder.path('whole'), undisturbed);
  const loading = performance.now() - started;
  assert.is((await whole).code, 0);
  const duration = performance.now() - started;
  const wanted = wavs(folder.path('whole'));
  assert.is(wanted.size, TEXTS.length);

  let midway = 0;
  for (let n = 0; n < FOLDERS; n++) {
    const out = folder.path(`out${n}`);
    for (let kill = 0; kill < KILLS; kill++) {
      const child = startCli([...command(out), '--resume']);
      const ended = finish(child);
      if (kill % 2 === 0) await sleep(duration * Math.random());
      else {
        // Most of a short run is loading: every other kill falls into the rows for certain.
        await firstRow(out, child);
        await sleep((duration - loading) * Math.random());
      }
      child.kill('SIGKILL');
      await ended;
      if (!existsSync(out)) continue;
      const entries = [...(await readJournal(out)).values()];
      for (const entry of entries)
        assert.is(await stateOf(out, entry), 'right', `${entry.file} after a kill`);
      if (entries.length > 0 && entries.length < TEXTS.length) midway++;
    }
    const last = await runCli([...command(out), '--resume']);
    assert.is(last.code, 0, last.stderr);
    assertSame(out, wanted);
    assert.is((await runCli([...command(out), '--verify'])).code, 0);
  }
  console.log(`${midway} of ${FOLDERS * KILLS} kills fell between the first row and the last`);
});

for (const proc of [[], ['--mount-proc']]) {
  const where = proc.length > 0 ? 'with a /proc of its own' : 'with the /proc outside';
  test(`goes on in a PID namespace ${where} where numbers repeat`, async () => {
    const unshare = ['--pid', '--fork', '--kill-child', ...proc];
    if (spawnSync('unshare', [...unshare, 'true']).status !== 0)
      return console.log('SKIP PID namespaces: unshare is not permitted here');
    using folder = scratch();
    writeFileSync(folder.path('in.txt'), TEXTS.join('\n'));
    const out = folder.path('out');
    const batch = ['batch', folder.path('in.txt'), '-d', out, '--threads', '1'];
    const isolated = (): ChildProcess =>
      spawn('unshare', [...unshare, process.execPath, program, ...batch, '--resume']);
    const first = isolated();
    const ended = finish(first);
    await firstRow(out, first);
    first.kill('SIGKILL');
    await ended;
    const second = await finish(isolated());
    assert.is(second.code, 0, second.stderr);
    assert.is(wavs(out).size, TEXTS.length);
  });
}

test.run();
