// If this fails, memoryLimitMb is a number in a configuration and not a limit: a process grows past it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { speakWithin } from '../../bench/suites/limits.js';
import { ENGINE_BYTES } from '../../src/synthesis/memory-limit.js';

const test = suite('memory limits');
const MIB = 2 ** 20;

/** Speaks in a process of its own and checks what it took. */
async function holds(limitMb: number, weights: string): Promise<void> {
  const within = await speakWithin(limitMb, 1, 2);
  assert.is(within.weights, weights);
  assert.ok(within.audioSeconds > 40, `${within.audioSeconds} s`);
  const over = within.peakBytes - within.emptyBytes;
  assert.ok(over <= limitMb * MIB + ENGINE_BYTES, `${over / MIB} MiB`);
  assert.ok(within.resultsBytes <= (limitMb * MIB) / 16);
  assert.ok(within.heapBytes <= within.weightsBytes + Math.max(24, limitMb / 2) * MIB, `${within.heapBytes}`);
}

test("32 MB: a process that speaks stays within it and the engine's constant", () => holds(32, 'half'));

test("128 MB: a process that speaks stays within it and the engine's constant", () => holds(128, 'compact'));

test.run();
