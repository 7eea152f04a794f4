// If this fails, server or library lose calls under mixed load, or the bench that says so for an hour does not see it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repositoryRoot } from '../../bench/lib/cache.js';
import type { Ended } from '../../bench/lib/reliability/client.js';
import { verdict } from '../../bench/lib/reliability/verdict.js';
import { run } from '../../bench/suites/reliability.js';

const test = suite('bench reliability');

const ended = (changes: Partial<Ended>): Ended => ({
  ...{ how: 'whole', status: 200, sha256: 'a', body: Buffer.alloc(0), bytes: 0, beganAt: 0 },
  ...{ firstByteMs: 0, totalMs: 0, isStale: false, error: '' },
  ...changes,
});
const refused = (status: number, code: string, changes: Partial<Ended> = {}): Ended =>
  ended({ status, body: Buffer.from(JSON.stringify({ error: { code } })), ...changes });

test('takes nothing for an answer that is none', () => {
  const known = { isRight: () => true, reference: undefined, didDie: false };
  const died = { ...known, didDie: true };
  const wanted = { ...known, reference: { code: 'INVALID_TEXT' } };
  const rights: [Ended, typeof known | typeof wanted][] = [
    [ended({}), known],
    [ended({ how: 'left' }), known],
    [ended({ how: 'cut' }), died],
    [refused(429, 'queue_full', { retryAfter: '1' }), known],
    [refused(503, 'queue_timeout'), known],
    [refused(500, 'worker_lost'), died],
    [refused(400, 'invalid_text'), wanted],
  ];
  const faults: typeof rights = [
    [ended({}), { ...known, isRight: () => false }],
    [ended({}), wanted],
    [ended({ how: 'cut' }), known],
    [ended({ how: 'hung' }), died],
    [refused(429, 'queue_full'), known], // without a time to come back
    [refused(500, 'worker_lost'), known],
    [refused(500, 'unexpected'), died],
    [refused(400, 'invalid_text'), known],
    [refused(400, 'invalid_options'), wanted],
    [ended({ status: 500 }), died],
  ];
  for (const [one, about] of rights) assert.not(verdict(one, about).isFault, verdict(one, about).end);
  for (const [one, about] of faults) assert.ok(verdict(one, about).isFault, verdict(one, about).end);
});

test('answers every request and every call of some seconds of load', async () => {
  const isBuilt = ['dist', 'packages/server/dist'].every((folder) =>
    existsSync(join(repositoryRoot, folder)),
  );
  assert.ok(isBuilt, 'npm run build');
  const short = ['--minutes', '0.1', '--warm-up', '0', '--every', '2', '--deaths', '2.5', '--bursts', '2'];
  const few = ['--entries', '6', '--texts', '3', '--clients', '4', '--workers', '1'];
  const { data } = await run({ args: [...short, ...few] });
  const { faults, counts, library, rest } = data as {
    faults: string[];
    counts: Record<string, number>;
    library: Record<string, number>;
    rest: Record<string, number>;
  };
  assert.equal(faults, []);
  assert.ok(counts['answered whole and right']! > 0, JSON.stringify(counts));
  assert.ok(counts['refused 429 queue_full']! > 0, JSON.stringify(counts));
  assert.ok(counts['workers ended']! > 0, JSON.stringify(counts));
  assert.ok(library.answered! > 0, JSON.stringify(library));
  assert.equal(
    Object.values(rest).filter((left) => left !== 0),
    [],
  );
});

test.run();
