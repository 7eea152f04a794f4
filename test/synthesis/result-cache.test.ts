// If this fails, cached results outgrow their bounds, the wrong ones are dropped, or the memory they hold never returns.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Arena, type Lease } from '../../src/memory/arena.js';
import { ResultCache } from '../../src/synthesis/cache.js';

const test = suite('result cache');

test('the least recently used goes first, by entries', () => {
  const released: string[] = [];
  const cache = new ResultCache<string>({ maxEntries: 2, release: (v) => released.push(v) });
  cache.set('a', 'A', 1);
  cache.set('b', 'B', 1);
  assert.is(cache.get('a'), 'A');
  cache.set('c', 'C', 1);
  assert.equal(released, ['B']);
  assert.is(cache.get('b'), undefined);
  assert.is(cache.get('c'), 'C');
  assert.equal(cache.stats(), {
    entries: 2,
    bytes: 2,
    maxEntries: 2,
    hits: 2,
    misses: 1,
    evictions: 1,
    hitRate: 2 / 3,
  });
});

test('bytes bound it too; what does not fit at all stays the caller’s', () => {
  const released: string[] = [];
  const cache = new ResultCache<string>({ maxEntries: 10, maxBytes: 100, release: (v) => released.push(v) });
  cache.set('a', 'A', 60);
  cache.set('b', 'B', 30);
  assert.is(cache.set('c', 'C', 50), true);
  assert.equal(released, ['A']);
  assert.is(cache.set('d', 'D', 101), false);
  assert.equal(released, ['A']);
  assert.equal([cache.stats().bytes, cache.stats().entries, cache.stats().maxBytes], [80, 2, 100]);
  assert.is(new ResultCache<string>({ maxEntries: 0 }).set('a', 'A', 1), false);
});

test('replacing, deleting, shrinking and clearing release each value once', () => {
  const released: string[] = [];
  const cache = new ResultCache<string>({ maxEntries: 10, release: (v) => released.push(v) });
  cache.set('a', 'A1', 10);
  cache.set('a', 'A2', 20);
  assert.equal([released, cache.stats().bytes], [['A1'], 20]);
  cache.set('b', 'B', 5);
  cache.set('c', 'C', 7);
  assert.is(cache.shrinkTo(12), 20);
  assert.equal(released, ['A1', 'A2']);
  assert.is(cache.delete('b'), true);
  assert.is(cache.delete('b'), false);
  assert.is(cache.clear(), 7);
  assert.equal(released, ['A1', 'A2', 'B', 'C']);
  assert.equal([cache.stats().entries, cache.stats().bytes, cache.stats().evictions], [0, 0, 1]);
});

test('leases held by the cache return to their arena', () => {
  const arena = new Arena();
  const cache = new ResultCache<Lease>({ maxEntries: 3, release: (lease) => lease.release() });
  for (let i = 0; i < 10; i++) cache.set(String(i), arena.lease(2000), 8000);
  assert.is(arena.stats().leases, 3);
  cache.clear();
  assert.is(arena.stats().leases, 0);
});

test('property: bounds hold, books agree, and every value is either kept or released', () => {
  const step = fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 50 }), fc.boolean());
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 5 }),
      fc.integer({ min: 0, max: 120 }),
      fc.array(step),
      (n, max, steps) => {
        const alive = new Set<number>();
        const cache = new ResultCache<number>({
          maxEntries: n,
          maxBytes: max,
          release: (id) => assert.ok(alive.delete(id), `${id} was released twice`),
        });
        steps.forEach(([key, bytes, isGet], id) => {
          if (isGet) cache.get(String(key));
          else {
            alive.add(id);
            if (!cache.set(String(key), id, bytes)) alive.delete(id);
          }
          const stats = cache.stats();
          assert.ok(stats.entries <= n && stats.bytes <= max);
          assert.is(alive.size, stats.entries);
        });
        cache.clear();
        assert.is(alive.size, 0);
      },
    ),
    { numRuns: 100, seed: 11 },
  );
});

test.run();
