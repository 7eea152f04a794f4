// If this fails, memoryLimitMb is a number in a configuration and not a limit: a process grows past it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { speakWithin } from '../../bench/limits.js';
import { ENGINE_BYTES } from '../../src/memory-plan.js';

const test = suite('memory limits');
const MIB = 2 ** 20;

for (const [limitMb, weights] of [
  [32, 'half'],
  [128, 'compact'],
] as const) {
  test(`${limitMb} MB: a process that speaks stays within it and the engine's constant`, async () => {
    const within = await speakWithin(limitMb, 1, 4);
    assert.is(within.weights, weights);
    assert.ok(within.audioSeconds > 40, `${within.audioSeconds} s`);
    const over = within.peakBytes - within.emptyBytes;
    assert.ok(over <= limitMb * MIB + ENGINE_BYTES, `${over / MIB} MiB`);
    assert.ok(within.resultsBytes <= (limitMb * MIB) / 16);
    assert.ok(
      within.heapBytes <= within.weightsBytes + Math.max(24, limitMb / 2) * MIB,
      `${within.heapBytes}`,
    );
  });
}

test.run();
