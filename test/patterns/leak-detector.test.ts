// If this fails, a leak is not found, or one is reported where there is none.
import { spawnSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LeakDetector } from '../../src/patterns/leak-detector.js';

const test = suite('leak detector');
class Engine {
  readonly weights = new Float32Array(1000);
}

test('sees a dropped object collected, and runs its callback', async () => {
  const detector = new LeakDetector();
  const gone: number[] = [];
  for (let i = 0; i < 5; i++) detector.track(new Engine(), { onCollected: () => gone.push(i) });
  assert.is(detector.size, 5);
  const report = await detector.checkLeaks();
  assert.equal([report.wasForced, report.survivors, report.groups, report.collected], [true, [], [], 5]);
  assert.equal(gone.sort(), [0, 1, 2, 3, 4]);
});

test('lists and counts survivors with class, label and place', async () => {
  const detector = new LeakDetector();
  const held = Array.from({ length: 3 }, () => detector.track(new Engine(), { label: 'worker' }));
  const other = detector.track({ plain: true });
  detector.track(new Engine());
  const report = await detector.checkLeaks();
  assert.is(report.survivors.length, 4);
  assert.is(report.collected, 1);
  assert.equal(
    report.groups.map(({ type, count }) => [type, count]),
    [
      ['Engine', 3],
      ['Object', 1],
    ],
  );
  const [first] = report.survivors;
  assert.is(first!.label, 'worker');
  assert.match(first!.createdAt, /leak-detector\.test\.ts/);
  assert.not.match(first!.createdAt.split('\n')[0]!, /LeakDetector|leak-detector\.ts/);
  assert.ok(held.length === 3 && other.plain);
});

test('sees survivors go later, and reports no untracked object', async () => {
  const detector = new LeakDetector();
  const held = new Set([detector.track(new Engine())]);
  const meant = detector.track(new Engine());
  detector.untrack(meant);
  assert.is((await detector.checkLeaks()).survivors.length, 1);
  held.clear();
  const report = await detector.checkLeaks();
  assert.equal([report.survivors.length, report.collected], [0, 1]);
  assert.ok(meant.weights.length > 0);
});

test('checks a process that was started without --expose-gc', () => {
  const url = new URL('../../src/patterns/leak-detector.ts', import.meta.url).href;
  const code = `import { LeakDetector } from ${JSON.stringify(url)};
    const detector = new LeakDetector();
    detector.track({ dropped: 1 });
    const held = detector.track([1]);
    const report = await detector.checkLeaks();
    console.log(typeof gc, report.wasForced, report.collected, report.survivors[0].type, held.length);`;
  const flags = process.execArgv.filter((flag) => flag !== '--expose-gc');
  const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.is(stdout.trim(), 'undefined true 1 Array 1', stderr);
});

test.run();
