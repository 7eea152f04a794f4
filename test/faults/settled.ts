// What must be as before once a call has failed: tensors, leases, the queue, and what the next call says.
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import type { VoirsPipeline } from '../../src/index.js';
import type { FaultyBackend } from './faulty-backend.js';

const TEXT = 'Still here.';

/** The state of a pipeline that has just been used and holds nothing. */
export class Settled {
  private constructor(
    private readonly pipeline: VoirsPipeline,
    private readonly backend: FaultyBackend,
    private readonly said: Float32Array,
    private readonly before: { counts: object; stored: number; slabs: number },
  ) {}

  static async of(pipeline: VoirsPipeline, backend: FaultyBackend): Promise<Settled> {
    const audio = await pipeline.synthesize(TEXT);
    const said = audio.samples.slice();
    audio.dispose();
    const before = { counts: engineCounts(), stored: backend.stored, slabs: pipeline.arena.stats().slabs };
    return new Settled(pipeline, backend, said, before);
  }

  /** Nothing is leased, nothing leaked, nothing waits. */
  isSettled(when: string): void {
    const { leases, usedBytes, requestedBytes } = this.pipeline.arena.stats();
    assert.equal([leases, usedBytes, requestedBytes], [0, 0, 0], `leases ${when}`);
    assert.equal(engineCounts(), this.before.counts, `tensors ${when}`);
    assert.is(this.backend.stored, this.before.stored, `stored tensors ${when}`);
    assert.is(this.backend.waiting, 0, `jobs ${when}`);
  }

  /** The same, and the next call gives the same samples. */
  async isAsBefore(when: string): Promise<void> {
    this.isSettled(when);
    const audio = await this.pipeline.synthesize(TEXT);
    const difference = maxAbs(audio.samples, this.said);
    audio.dispose();
    assert.is(difference, 0, `the next call ${when}`);
    this.isSettled(`after the next call ${when}`);
  }
}
