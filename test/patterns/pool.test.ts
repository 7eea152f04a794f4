// If this fails, a pool makes its users wait, hands one thing to two of them, or leaks what it made beyond
// its size.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PipelinePool, type PoolWarning } from '../../src/patterns/pool.js';
import { voirsError } from '../expect.js';

const test = suite('pool');

/** Counts what happens to it. */
class Counted {
  static made = 0;
  static disposed = 0;
  resets = 0;
  users = 0;
  isBroken = false;
  reset(): void {
    if (this.isBroken) throw new Error('broken');
    this.resets++;
  }
  async dispose(): Promise<void> {
    Counted.disposed++;
  }
}

async function filled(size: number): Promise<{ pool: PipelinePool<Counted>; warnings: PoolWarning[] }> {
  Counted.made = 0;
  Counted.disposed = 0;
  const create = async () => {
    await Promise.resolve();
    Counted.made++;
    return new Counted();
  };
  const pool = await PipelinePool.fill({ size, create });
  const warnings: PoolWarning[] = [];
  pool.on('warning', (warning) => warnings.push(warning));
  return { pool, warnings };
}

test('is full from the start, reuses, and resets on release', async () => {
  const { pool, warnings } = await filled(3);
  assert.equal([Counted.made, pool.stats().idle], [3, 3]);
  for (let i = 0; i < 10; i++) await pool.use(() => i);
  const item = await pool.acquire();
  assert.is(item.resets, 10);
  await pool.release(item);
  assert.equal([Counted.made, warnings, pool.stats().inUse], [3, [], 0]);
});

test('makes a temporary one when empty, warns, and disposes it', async () => {
  const { pool, warnings } = await filled(1);
  const kept = await pool.acquire();
  const temporary = await pool.acquire();
  assert.is.not(kept, temporary);
  assert.equal(warnings, [{ kind: 'exhausted', size: 1, temporaries: 1 }]);
  await pool.release(temporary);
  assert.equal([Counted.disposed, temporary.resets], [1, 0]);
  await pool.release(kept);
  assert.equal(pool.stats(), {
    size: 1,
    idle: 1,
    inUse: 0,
    temporaries: 0,
    acquired: 2,
    released: 2,
    temporariesMade: 1,
  });
});

test('serves 20 tasks of 25 operations, one user at a time each', async () => {
  const { pool, warnings } = await filled(4);
  let done = 0;
  const worker = async (task: number) => {
    for (let i = 0; i < 25; i++) {
      await pool.use(async (item) => {
        assert.is(++item.users, 1, 'two users at once');
        for (let n = 0; n < (task + i) % 3; n++) await new Promise((resolve) => setImmediate(resolve));
        item.users--;
        done++;
      });
    }
  };
  await Promise.all(Array.from({ length: 20 }, (_, task) => worker(task)));
  const stats = pool.stats();
  assert.equal([done, stats.acquired, stats.released], [500, 500, 500]);
  assert.equal([stats.idle, stats.inUse, stats.temporaries], [4, 0, 0]);
  assert.ok(stats.temporariesMade > 0);
  assert.is(warnings.length, stats.temporariesMade);
  assert.equal([Counted.made, Counted.disposed], [4 + stats.temporariesMade, stats.temporariesMade]);
  await pool.cleanup();
  assert.is(Counted.disposed, Counted.made);
});

test('releases scoped use on errors too', async () => {
  const { pool } = await filled(1);
  let message = '';
  await pool
    .use(() => {
      throw new Error('inside');
    })
    .catch((error: Error) => {
      message = error.message;
    });
  assert.equal([message, pool.stats().idle], ['inside', 1]);
  {
    await using lease = await pool.lease();
    assert.instance(lease.item, Counted);
    assert.is(pool.stats().inUse, 1);
  }
  assert.is(pool.stats().inUse, 0);
});

test('disposes and replaces one that cannot be reset', async () => {
  const { pool, warnings } = await filled(1);
  await pool.use((item) => {
    item.isBroken = true;
  });
  assert.equal([warnings.map(({ kind }) => kind), Counted.disposed], [['discarded'], 1]);
  const next = await pool.acquire();
  await pool.release(next);
  assert.equal([next.isBroken, Counted.made, pool.stats().idle], [false, 2, 1]);
});

test('refuses a second release, and one to another pool', async () => {
  const { pool } = await filled(2);
  const item = await pool.acquire();
  await pool.release(item);
  await voirsError(() => pool.release(item), 'INVALID_OPTIONS');
  assert.is(pool.stats().idle, 2);
});

test('disposes the idle at cleanup, and the others at their release', async () => {
  const { pool } = await filled(3);
  const item = await pool.acquire();
  await pool.cleanup();
  assert.is(Counted.disposed, 2);
  await voirsError(() => pool.acquire(), 'DISPOSED');
  await pool.release(item);
  assert.equal([Counted.disposed, pool.stats().inUse], [3, 0]);
});

test('leaves nothing behind at a cleanup while one is made', async () => {
  const { pool } = await filled(1);
  const held = await pool.acquire();
  const late = pool.acquire();
  await pool.cleanup();
  await voirsError(() => late, 'DISPOSED');
  await pool.release(held);
  assert.is(Counted.disposed, Counted.made);
});

test('keeps nothing when it cannot be filled', async () => {
  let made = 0;
  let disposed = 0;
  const create = async () => {
    if (++made === 3) throw new Error('no more');
    return { reset() {}, dispose: () => void disposed++ };
  };
  const error = await PipelinePool.fill({ size: 4, create }).catch((cause: Error) => cause);
  assert.equal([(error as Error).message, disposed], ['no more', 2]);
  await voirsError(() => PipelinePool.fill({ size: 0, create }), 'INVALID_OPTIONS');
});

test.run();
