// If this fails, a program under memory pressure switches back and forth between configurations, holds two at
// once, or never recovers.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PressureGauge, Swappable } from '../../src/patterns/pressure.js';
import { CleanupSchedule } from '../../src/patterns/speaker.js';
import { voirsError } from '../expect.js';

const test = suite('adaptive');
type Level = 'low' | 'moderate' | 'high' | 'critical';
const STEPS = [
  { level: 'critical', above: 0.9 },
  { level: 'high', above: 0.75 },
  { level: 'moderate', above: 0.5 },
] as const;

function gaugeOf(state: { used: number; time: number; reads: number }, intervalMs = 0): PressureGauge<Level> {
  const read = () => {
    state.reads++;
    return state.used;
  };
  return new PressureGauge<Level>({ calm: 'low', steps: STEPS, read, intervalMs, now: () => state.time });
}

test('enters levels at once and leaves them only below their band', () => {
  const state = { used: 0, time: 0, reads: 0 };
  const gauge = gaugeOf(state);
  const path: [number, Level][] = [
    [0.5, 'low'],
    [0.51, 'moderate'],
    [0.46, 'moderate'],
    [0.45, 'low'],
    [0.49, 'low'],
    [0.91, 'critical'],
    [0.86, 'critical'],
    [0.84, 'high'],
    [0.89, 'high'],
    [0.72, 'high'],
    [0.7, 'moderate'],
    [0.1, 'low'],
  ];
  for (const [used, level] of path) {
    state.used = used;
    assert.equal(gauge.check(), { level, used }, `at ${used}`);
  }
});

test('reads once per interval', () => {
  const state = { used: 0.95, time: 0, reads: 0 };
  const gauge = gaugeOf(state, 10_000);
  assert.is(gauge.check().level, 'critical');
  state.used = 0.1;
  state.time = 9999;
  assert.is(gauge.check().level, 'critical');
  assert.is(state.reads, 1);
  state.time = 10_000;
  assert.is(gauge.check().level, 'low');
  assert.is(state.reads, 2);
});

test('changes the level at most once within one band of width 0.05', () => {
  const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(fc.double({ min: 0, max: 0.95, noNaN: true }), shares, (base, offsets) => {
      const state = { used: 0, time: 0, reads: 0 };
      const gauge = gaugeOf(state);
      const levels = offsets.map((offset) => {
        state.used = base + offset * 0.049;
        return gauge.check().level;
      });
      const changes = levels.filter((level, i) => i > 0 && level !== levels[i - 1]).length;
      assert.ok(changes <= 1, `${changes} changes`);
    }),
    { numRuns: 100, seed: 5 },
  );
});

/** A holder of things whose life is written down. */
function world(): {
  log: string[];
  state: { wanted: Level; fails: boolean };
  swappable: Swappable<{ kind: Level; reset(): void; dispose(): Promise<void> }, Level>;
} {
  const log: string[] = [];
  const state: { wanted: Level; fails: boolean } = { wanted: 'low', fails: false };
  const make = async (kind: Level) => {
    if (state.fails) throw new Error('cannot be made');
    log.push(`make ${kind}`);
    await Promise.resolve();
    return {
      kind,
      reset() {},
      dispose: async () => {
        await Promise.resolve();
        log.push(`dispose ${kind}`);
      },
    };
  };
  return { log, state, swappable: new Swappable(() => state.wanted, make) };
}

test('frees the old before it makes the new, and only on change', async () => {
  const { log, state, swappable } = world();
  for (const wanted of ['low', 'low', 'high', 'high', 'low'] as const) {
    state.wanted = wanted;
    assert.is(await swappable.use(({ kind }) => kind), wanted);
  }
  assert.equal(log, ['make low', 'dispose low', 'make high', 'dispose high', 'make low']);
  await swappable.dispose();
  assert.is(log.at(-1), 'dispose low');
  await voirsError(() => swappable.use(() => 1), 'DISPOSED');
});

test('waits for running tasks, and swaps once for many callers', async () => {
  const { log, state, swappable } = world();
  let finish = () => {};
  const long = swappable.use(async ({ kind }) => {
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    log.push(`done on ${kind}`);
  });
  await swappable.use(() => {}); // shares it
  state.wanted = 'critical';
  const others = [1, 2, 3].map(() => swappable.use(({ kind }) => kind));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(log, ['make low']);
  finish();
  await long;
  assert.equal(await Promise.all(others), ['critical', 'critical', 'critical']);
  assert.equal(log, ['make low', 'done on low', 'dispose low', 'make critical']);
});

test('fails the caller of a failed swap, and tries again for the next', async () => {
  const { log, state, swappable } = world();
  await swappable.use(() => {});
  state.wanted = 'high';
  state.fails = true;
  const error = await swappable.use(() => {}).catch((cause: Error) => cause);
  assert.equal([(error as Error).message, swappable.kind], ['cannot be made', undefined]);
  state.fails = false;
  assert.is(await swappable.use(({ kind }) => kind), 'high');
  assert.equal(log, ['make low', 'dispose low', 'make high']);
});

test('waits for tasks at dispose, and frees once for two calls', async () => {
  const { log, swappable } = world();
  await swappable.use(() => {});
  const task = swappable.use(async () => {
    await new Promise((resolve) => setImmediate(resolve));
    log.push('done');
  });
  await Promise.all([task, swappable.dispose(), swappable.dispose()]);
  assert.equal(log, ['make low', 'done', 'dispose low']);
});

test('cleans up after every so many uses', async () => {
  let resets = 0;
  const schedule = new CleanupSchedule(3);
  const cleaned: boolean[] = [];
  for (let i = 0; i < 7; i++) {
    schedule.used();
    cleaned.push(await schedule.cleanUpWhenDue({ reset: () => void resets++ }));
  }
  assert.equal(cleaned, [false, false, true, false, false, true, false]);
  assert.is(resets, 2);
  await voirsError(() => new CleanupSchedule(0), 'INVALID_OPTIONS');
});

test.run();
