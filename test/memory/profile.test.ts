// If this fails, nobody can find which line of code holds memory.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { profileMemoryUsage } from '../../src/memory/profile.js';
import { voirsError } from '../expect.js';

const test = suite('memory profile');
const MB = 2 ** 20;

/** Arrays of numbers that stay reachable: `count` of about 8 KB. */
function hoard(count: number): number[][] {
  return Array.from({ length: count }, () => hoardOne());
}
function hoardOne(): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < 1000; i++) numbers.push(i + 0.5);
  return numbers;
}
function kept(): string[] {
  const strings: string[] = [];
  for (let i = 0; i < 200_000; i++) strings.push(`kept ${i}`);
  return strings;
}
function thrownAway(): number {
  let sum = 0;
  for (let i = 0; i < 2000; i++) sum += Array.from({ length: 1000 }, (_, n) => n + 0.25).length;
  return sum;
}

test('the site that holds most stands first, named with file and line', async () => {
  const { sites, value } = await profileMemoryUsage(() => hoard(2000));
  assert.is(value.length, 2000);
  assert.match(sites[0]!.site, /^hoardOne .*profile\.test\.ts:\d+:\d+$/);
  assert.ok(sites[0]!.deltaBytes > 8 * MB, `${sites[0]!.deltaBytes}`);
  assert.ok(sites.length <= 10);
  const sizes = sites.map((site) => Math.abs(site.deltaBytes));
  assert.equal(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
});

test('what was there before is told apart from what was added', async () => {
  let before: string[] = [];
  const { sites } = await profileMemoryUsage(() => hoard(500), {
    top: 1000,
    setup: () => {
      before = kept();
    },
  });
  const setup = sites.find(({ site }) => site.startsWith('kept '))!;
  assert.ok(setup.beforeBytes > 2 * MB, `${setup.beforeBytes}`);
  assert.ok(Math.abs(setup.deltaBytes) < setup.beforeBytes / 4);
  assert.is(sites.find(({ site }) => site.startsWith('hoardOne '))!.beforeBytes, 0);
  assert.is(before.length, 200_000);
});

test('garbage counts only when asked for', async () => {
  const sum = (sites: { site: string; afterBytes: number }[]) =>
    sites.filter(({ site }) => /thrownAway|from/.test(site)).reduce((n, site) => n + site.afterBytes, 0);
  const held = sum((await profileMemoryUsage(thrownAway, { top: 1000 })).sites);
  const all = sum((await profileMemoryUsage(thrownAway, { top: 1000, includeCollected: true })).sites);
  assert.ok(held < MB, `${held}`);
  assert.ok(all > 8 * MB, `${all}`);
});

test('samples outside the heap show in the runtime figures', async () => {
  const { before, after, value } = await profileMemoryUsage(() => new Float32Array(4 * MB));
  assert.ok(after.arrayBuffersBytes! - before.arrayBuffersBytes! >= value.byteLength);
});

test('an error passes through and the profiler is free again', async () => {
  let message = '';
  await profileMemoryUsage(() => {
    throw new Error('inside');
  }).catch((error: Error) => {
    message = error.message;
  });
  assert.is(message, 'inside');
  assert.ok((await profileMemoryUsage(() => hoard(500))).sites.length > 0);
  await voirsError(() => profileMemoryUsage(() => 1, { samplingIntervalBytes: 1 }), 'INVALID_OPTIONS');
});

test.run();
