// If this fails, frames of a sentence are spoken twice or not at all, or the first sound comes late.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chunkPlan } from '../../src/models/chunk-plan.js';

const test = suite('chunk plan');

test('covers all frames once with windows of one length', () => {
  for (const [first, most] of [
    [16, 192],
    [192, 192],
    [7, 40],
  ] as const) {
    for (let frames = 1; frames < 1500; frames += 7) {
      const plan = chunkPlan(frames, first, most);
      assert.is(plan[0]!.from, 0);
      assert.is(plan[plan.length - 1]!.to, frames);
      plan.forEach((range, i) => {
        if (i > 0) assert.is(range.from, plan[i - 1]!.to);
        assert.ok(
          range.to > range.from && range.to - range.from <= most + 26,
          `${frames}: ${JSON.stringify(plan)}`,
        );
      });
      if (first < most) assert.ok(plan[0]!.to <= first * 1.5 + 26, `${frames}: ${JSON.stringify(plan[0])}`);
      const windows = plan
        .slice(first < most ? plan.findIndex((range) => range.to - range.from > most / 2) : 0)
        .map(({ from, to }) => Math.min(frames, to + 13) - Math.max(0, from - 13));
      if (first === most)
        assert.ok(Math.max(...windows) - Math.min(...windows) <= windows.length, `${windows}`);
    }
  }
});

test.run();
