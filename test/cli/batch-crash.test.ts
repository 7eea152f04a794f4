// If this fails, a batch that was killed (out of memory, a stopped container) ends with other files than an
// undisturbed run, or cannot be continued at all.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { KilledBatches, killOnFullDisk, namespaces } from '../../bench/lib/kills/batches.js';
import { tinyVoice } from '../tiny-voice.js';
import { scratch } from './run-cli.js';

const test = suite('killed batches');

/** A few here, for the time that each takes: `VOIRS_KILLS=40`, or `npm run bench -- kills`, for many. */
const KILLS = Number(process.env.VOIRS_KILLS ?? 8);
const SEED = Number(process.env.VOIRS_SEED ?? 20);

const folder = scratch();
const voice = tinyVoice(); // what is held is the work on files
const batches = await KilledBatches.prepare(folder.path(), ['--weights', voice.folder]);
test.after(() => {
  folder[Symbol.dispose]();
  voice.remove();
});

test('ends byte for byte as an undisturbed run wherever it is killed', async () => {
  const out = (batch: number): string => folder.path(`killed${batch}`);
  const { kills, problems } = await batches.kill({ kills: KILLS, seed: SEED, out });
  assert.equal(problems, []);
  assert.is(kills.length, KILLS);
  const certain = ['after rename *.partial', 'half appendFile batch.jsonl', 'before rename *.partial'];
  assert.equal(
    kills.slice(0, 3).map(({ instant }) => instant),
    certain,
  );
  assert.ok(
    kills.some(({ rows }) => rows > 0),
    'no kill fell between the rows',
  );
});

for (const [where, wrapper] of namespaces()) {
  test(`goes on in a PID namespace with ${where}`, async () => {
    const out = (batch: number): string => folder.path(`${where.length}-${batch}`);
    const kills = Math.ceil(KILLS / 4);
    const { problems } = await batches.kill({ kills, seed: SEED + 1, out, wrapper });
    assert.equal(problems, []);
  });
}

test('goes on when a full disk has space again, killed or not', async () => {
  const report = await killOnFullDisk(batches, { kills: Math.ceil(KILLS / 8), seed: SEED + 2 });
  if (report) assert.equal(report.problems, []);
});

test.run();
