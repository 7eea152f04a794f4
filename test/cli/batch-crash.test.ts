// If this fails, a batch that was killed (out of memory, a stopped container) ends with other files than an undisturbed
// run, or cannot be continued at all.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readJournal, stateOf } from '../../src/cli/batch-journal.js';
import { finish, program, type Run, runCli, scratch, startCli } from './run-cli.js';

const test = suite('killed batches');
const TEXTS = ['One.', 'Two and a half.', 'Three blind mice.', 'Four.', 'Five went away.', 'Six.'];
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

test('ends byte for byte as an undisturbed run after twelve kills', async () => {
  using folder = scratch();
  writeFileSync(folder.path('in.txt'), TEXTS.join('\n'));
  const command = (out: string): string[] => ['batch', folder.path('in.txt'), '-d', out, '--threads', '1'];
  const started = performance.now();
  assert.is((await runCli(command(folder.path('whole')))).code, 0);
  const duration = performance.now() - started;
  const wanted = wavs(folder.path('whole'));
  assert.is(wanted.size, TEXTS.length);

  let midway = 0;
  for (let n = 0; n < FOLDERS; n++) {
    const out = folder.path(`out${n}`);
    for (let kill = 0; kill < KILLS; kill++) {
      const child = startCli([...command(out), '--resume']);
      const ended = finish(child);
      // The rows are spoken in the second half; a run that continues has fewer of them.
      await sleep(duration * (0.4 + 0.6 * Math.random()));
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
    const isolated = (): { kill(): void; ended: Promise<Run> } => {
      const child = spawn('unshare', [...unshare, process.execPath, program, ...batch, '--resume']);
      return { kill: () => child.kill('SIGKILL'), ended: finish(child) };
    };
    const first = isolated();
    const partial = (): boolean =>
      existsSync(out) && readdirSync(out).some((name) => name.endsWith('.partial'));
    for (let i = 0; i < 1000 && !partial(); i++) await sleep(10);
    first.kill();
    await first.ended;
    const second = await isolated().ended;
    assert.is(second.code, 0, second.stderr);
    assert.is(wavs(out).size, TEXTS.length);
  });
}

test.run();
