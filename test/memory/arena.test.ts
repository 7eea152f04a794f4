// If this fails, audio buffers overlap (noise in speech), are never given back (a leak), or outlive their
// samples.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { VoirsError } from '../../src/errors.js';
import { Arena, type Lease } from '../../src/memory/arena.js';

const test = suite('arena');
const MB = 2 ** 20;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return (error as VoirsError).code;
  }
  return 'nothing thrown';
}

test('leases zeroed views of the length asked for', () => {
  const arena = new Arena();
  const first = arena.lease(3000);
  first.samples.fill(1);
  assert.is(first.samples.length, 3000);
  first.release();
  const second = arena.lease(3000);
  assert.ok(second.samples.every((x) => x === 0));
});

test('zeroes a whole block, and nothing of its neighbours', () => {
  for (const [zeroes, left] of [
    ['blocks', 0],
    ['samples', 1],
  ] as const) {
    const arena = new Arena({ zeroes });
    const [whole, neighbour] = [arena.lease(4096), arena.lease(4096)];
    for (const lease of [whole, neighbour]) lease.samples.fill(1);
    const { buffer, byteOffset } = whole.samples;
    whole.release();
    const block = new Float32Array(buffer, byteOffset, 4096);
    assert.is(arena.lease(3000).samples.byteOffset, byteOffset, 'the same place');
    assert.ok(block.subarray(0, 3000).every((x) => x === 0));
    assert.ok(
      block.subarray(3000).every((x) => x === left),
      zeroes,
    );
    assert.ok(neighbour.samples.every((x) => x === 1));
  }
});

test('throws DISPOSED after the last of the holders has released', () => {
  const lease = new Arena().lease(10);
  lease.retain();
  lease.release();
  assert.is(lease.samples.length, 10);
  assert.not(lease.isReleased);
  lease.release();
  assert.is(
    codeOf(() => lease.samples),
    'DISPOSED',
  );
  assert.is(
    codeOf(() => lease.retain()),
    'DISPOSED',
  );
  assert.ok(lease.isReleased);
  lease.release(); // no effect
});

test('holds the whole by a part, and leases a sibling anew', () => {
  const arena = new Arena();
  const whole = arena.lease(3000);
  const part = whole.part(1000, 1500);
  part.samples.fill(1);
  assert.is(whole.samples[1000], 1);
  assert.is(arena.stats().leases, 1, 'a part is no lease of its own');
  const inner = part.part(100, 200);
  whole.release();
  assert.is(
    codeOf(() => whole.samples),
    'DISPOSED',
    'though its parts live',
  );
  part.release();
  part.release(); // no effect, also on the others
  assert.is(inner.samples[0], 1);
  assert.is(arena.stats().leases, 1);
  const sibling = inner.sibling(500);
  assert.ok(sibling.samples.every((x) => x === 0));
  assert.is(arena.stats().leases, 2);
  inner.release();
  assert.is(arena.stats().leases, 1);
  for (const use of [() => part.part(0, 1), () => whole.sibling(1)]) assert.is(codeOf(use), 'DISPOSED');
  sibling.release();
  assert.is(arena.stats().usedBytes, 0);
});

test('uses one slab for a thousand leases in turn', () => {
  const arena = new Arena();
  for (let i = 0; i < 1000; i++) arena.lease(1 + ((i * 7919) % 900_000)).release();
  const stats = arena.stats();
  assert.equal([stats.slabs, stats.capacityBytes], [1, 4 * MB]);
  assert.ok(stats.slabsAllocated <= 3, 'each at least twice the one before');
  assert.is(stats.usedBytes, 0);
  assert.is(stats.leases, 0);
  assert.is(stats.fragmentation, 0);
});

test('gives a long lease a slab of its own, and releases free slabs', () => {
  const arena = new Arena();
  const long = arena.lease(3 * MB);
  assert.is(long.samples.length, 3 * MB);
  assert.is(arena.releaseFreeSlabs(), 0);
  long.release();
  assert.is(arena.releaseFreeSlabs(), 16 * MB);
  assert.is(arena.stats().capacityBytes, 0);
  assert.is(arena.lease(100).samples.length, 100);
});

test('throws MEMORY_ERROR at the cap and stays usable', () => {
  const arena = new Arena({ capBytes: 8 * MB });
  const held = arena.lease(MB);
  assert.is(
    codeOf(() => arena.lease(4 * MB)),
    'MEMORY_ERROR',
  );
  held.release();
  assert.is(arena.lease(MB).samples.length, MB);
});

test('throws MEMORY_ERROR for more than the runtime can give', () => {
  const arena = new Arena();
  const held = arena.lease(1000);
  for (const length of [2 ** 34, 2 ** 45])
    assert.is(
      codeOf(() => arena.lease(length)),
      'MEMORY_ERROR',
    );
  assert.equal([arena.stats().leases, arena.stats().slabs, arena.stats().capacityBytes], [1, 1, MB]);
  held.release();
  assert.is(arena.lease(1000).samples.length, 1000);
});

test('doubles its slabs from 1 MiB up to 4 MiB', () => {
  const arena = new Arena();
  const held = Array.from({ length: 64 }, () => arena.lease(MB / 4));
  const { slabs, capacityBytes } = arena.stats();
  assert.equal([slabs, capacityBytes], [3 + 60 / 4, 64 * MB]);
  for (const lease of held) lease.release();
  arena.lease(8 * MB).release();
  assert.equal([arena.stats().slabs, arena.stats().capacityBytes], [1, 32 * MB]);
  arena.lease(MB / 4).release();
  assert.is(arena.stats().slabs, 1, 'the large one holds small leases too');
});

test('gives long audio a slab of its own length where the cap allows that', () => {
  const arena = new Arena({ capBytes: 12.5 * MB });
  const short = arena.lease(100);
  short.release(); // its slab is in the way, and free
  const long = arena.lease(3 * MB); // 12 MB of samples; the power of two takes 16
  assert.equal(
    [arena.stats().slabs, arena.stats().usedBytes, arena.stats().capacityBytes],
    [1, 12 * MB, 12 * MB],
  );
  const beside = arena.lease(1000);
  beside.samples.fill(1);
  assert.ok(long.samples.every((x) => x === 0));
  assert.is(
    codeOf(() => arena.lease(MB)),
    'MEMORY_ERROR',
  );
  long.release();
  assert.is(arena.lease(3 * MB - 5).samples.length, 3 * MB - 5, 'a little shorter, it is used again');
  assert.is(arena.stats().slabsAllocated, 3);
});

test('never splits a slab that has just the length of its audio', () => {
  const arena = new Arena({ capBytes: 12 * MB });
  arena.lease(3 * MB).release(); // all that the cap allows
  assert.is(arena.stats().capacityBytes, 12 * MB);
  assert.is(arena.lease(1000).samples.length, 1000);
  assert.is(arena.lease(2 * MB).samples.length, 2 * MB);
});

test('counts what is free, in how many pieces, and what was adopted', () => {
  const arena = new Arena();
  const [a, b, c] = [arena.lease(2 ** 17), arena.lease(2 ** 16), arena.lease(2 ** 16)];
  const of = ({ usedBytes, freeBytes, fragmentation }: ReturnType<Arena['stats']>) => [
    usedBytes,
    freeBytes,
    fragmentation,
  ];
  assert.equal(of(arena.stats()), [MB, 0, 0]);
  a!.release();
  assert.equal(of(arena.stats()), [MB / 2, MB / 2, 0]);
  c!.release();
  assert.equal(of(arena.stats()), [MB / 4, (3 * MB) / 4, 1 - 2 / 3]);
  const adopted = arena.adopt(new Float32Array(1000));
  const { capacityBytes, requestedBytes, leases, peakBytes } = arena.stats();
  assert.equal([capacityBytes, requestedBytes, leases, peakBytes], [MB + 4000, MB / 4 + 4000, 2, MB]);
  assert.equal(of(arena.stats()), [MB / 4 + 4000, (3 * MB) / 4, 1 - 2 / 3]);
  assert.is(adopted.sibling(10).samples.length, 10);
  adopted.release();
  b!.release();
  arena.lease(2 ** 18);
  assert.equal([arena.stats().capacityBytes, arena.stats().peakBytes], [2 * MB, MB + 4096]);
});

test('counts a free block of 4 KiB among full ones', () => {
  const arena = new Arena();
  const held = Array.from({ length: 256 }, () => arena.lease(1000));
  held[3]!.release();
  held[7]!.release();
  assert.equal([arena.stats().freeBytes, arena.stats().fragmentation], [8192, 0.5]);
});

test('takes two unused slabs for one of their size', () => {
  const arena = new Arena();
  for (const lease of [arena.lease(2 ** 18), arena.lease(2 ** 18)]) lease.release();
  arena.lease(2 ** 19);
  assert.equal([arena.stats().slabs, arena.stats().capacityBytes], [1, 2 * MB]);
});

test('fills its cap, and says what is missing', () => {
  const full = new Arena({ capBytes: MB });
  full.lease(10);
  assert.is(full.stats().capacityBytes, MB);
  for (const [capBytes, length, wanted] of [
    [0, 1, /got 4096 bytes more over 0 in use; wanted at most 0 bytes/],
    [MB, 2 ** 18 + 1, /got 1052672 bytes more over 0 in use; wanted at most 1048576 bytes/],
    [undefined, 2 ** 34, /wanted a size that the system has room for/],
  ] as const)
    assert.throws(() => new Arena(capBytes === undefined ? {} : { capBytes }).lease(length), wanted);
});

test('refuses lengths that are no number of samples', () => {
  const arena = new Arena();
  for (const length of [
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '5',
    null,
    undefined,
    1n,
    {},
  ] as never[])
    assert.is(
      codeOf(() => arena.lease(length)),
      'INVALID_OPTIONS',
    );
  assert.equal([arena.stats().leases, arena.stats().slabs], [0, 0]);
  arena.lease(0).release();
});

test('refuses options it does not have', () => {
  for (const options of [
    ...[{ zeroes: 'bogus' }, { zeroes: 'constructor' }, { zeros: 'blocks' }, { capBytes: -1 }],
    ...[{ capBytes: Number.NaN }, { capBytes: '8' }, null, 5],
  ] as never[])
    assert.is(
      codeOf(() => new Arena(options)),
      'INVALID_OPTIONS',
    );
});

test('never overlaps leases, and gets all memory back', () => {
  const lengths = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 0, max: 600_000 })),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(lengths, fc.infiniteStream(fc.integer({ min: 0, max: 1000 })), (wanted, picks) => {
      const arena = new Arena();
      const held = new Map<number, Lease>();
      wanted.forEach((length, id) => {
        const lease = arena.lease(length);
        lease.samples.fill(id + 1);
        held.set(id, lease);
        if (picks.next().value! % 3 === 0) {
          const ids = [...held.keys()];
          const victim = ids[picks.next().value! % ids.length]!;
          held.get(victim)!.release();
          held.delete(victim);
        }
      });
      for (const [id, lease] of held)
        assert.ok(
          lease.samples.every((x) => x === id + 1),
          `lease ${id} was written over`,
        );
      assert.is(arena.stats().leases, held.size);
      for (const lease of held.values()) lease.release();
      const { usedBytes, requestedBytes, freeBytes, capacityBytes } = arena.stats();
      assert.equal([usedBytes, requestedBytes], [0, 0]);
      assert.is(freeBytes, capacityBytes);
      arena.releaseFreeSlabs();
      assert.is(arena.stats().slabs, 0);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test('gives blocks of powers of two from 4 KiB on', () => {
  const arena = new Arena();
  const used = [0, 1, 1024, 1025, 2048, 5000].map((length) => {
    const before = arena.stats().usedBytes;
    arena.lease(length);
    return arena.stats().usedBytes - before;
  });
  assert.equal(used, [4096, 4096, 4096, 8192, 8192, 32768]);
});

test('begins with a slab of 1 MiB and ends with slabs of 4', () => {
  const arena = new Arena();
  const sizes = Array.from({ length: 12 }, () => {
    const { capacityBytes } = arena.stats();
    arena.lease(2 ** 18);
    return (arena.stats().capacityBytes - capacityBytes) / MB;
  });
  assert.equal(sizes, [1, 1, 2, 0, 4, 0, 0, 0, 4, 0, 0, 0]);
});

test('begins with nothing', () => {
  const figures = Object.values(new Arena().stats());
  assert.ok(figures.length >= 9);
  for (const figure of figures) assert.is(figure, 0);
});

test.run();
