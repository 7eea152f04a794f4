// If this fails, words last the wrong time.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import {
  frameIndices,
  framesFromLogDurations,
  roundHalfEven,
  Sinusoid,
} from '../../src/acoustic/fastspeech2.js';
import { voirsError } from '../expect.js';

const test = suite('length regulator');

test('rounds half to even, as PyTorch', () => {
  assert.equal(
    [0.5, 1.5, 2.5, 3.5, 2.4999, 2.5001, -0.5, 0].map(roundHalfEven).map((x) => x + 0),
    [0, 2, 2, 4, 2, 3, 0, 0],
  );
});

test('frames are (exp(log duration) - 1) / rate, never below 0', () => {
  const logs = Float32Array.from([Math.log(11), Math.log(5), Math.log(1), Math.log(0.2)]);
  assert.equal([...framesFromLogDurations(logs, 1)], [10, 4, 0, 0]);
  assert.equal([...framesFromLogDurations(logs, 2)], [5, 2, 0, 0]);
  assert.equal([...framesFromLogDurations(logs, 0.5)], [20, 8, 0, 0]);
});

test('tokens are repeated in order; a negative duration is refused', async () => {
  assert.equal([...frameIndices(Int32Array.of(2, 0, 3, 1))], [0, 0, 2, 2, 2, 3]);
  await voirsError(() => frameIndices(Int32Array.of(1, -1)), 'INVALID_OPTIONS');
});

test('positions are sines and cosines of falling rates', () => {
  const table = new Sinusoid(4, 2).rows(3);
  const wanted = [0, 1, 2].flatMap((n) =>
    [Math.sin(n), Math.cos(n), Math.sin(n / 100), Math.cos(n / 100)].map((x) => 2 * x),
  );
  assert.ok(maxAbs(table, wanted) < 1e-6);
});

test.run();
