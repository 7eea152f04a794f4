// What each operation of the engine took while something ran: tf.profile's records, summed up as they come. The engine's
// own profile() keeps every record until the end and stays switched on when the work fails.
import * as tf from '#tf';
import { VoirsError } from '../errors.js';

/** One kind of operation, over all its calls. */
export interface OperationUse {
  /** The kernel's name, such as `Add`; those of ours begin with `Voirs`. */
  name: string;
  calls: number;
  /** Of the tensors that the calls made, most of which were freed again at the end of their run. */
  bytes: number;
  /** Sum over the calls, as the backend times them; absent where it cannot. */
  milliseconds?: number;
}

/** Their results are views on their input's data; the engine counts its bytes again. */
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'Reshape']);

/** A record of tf.profile. */
type KernelRecord = ReturnType<typeof tf.engine>['state']['activeProfile']['kernels'][number];

/** Takes the place of the engine's list of records. */
class Tally extends Array<KernelRecord> {
  readonly uses = new Map<string, OperationUse>();
  peakBytes = 0;
  private readonly timings = new Set<Promise<void>>();

  override push(record: KernelRecord): number {
    this.peakBytes = Math.max(this.peakBytes, record.totalBytesSnapshot);
    if (record.name.endsWith('__op')) return 0; // a function that calls kernels, which are listed themselves
    const use = this.uses.get(record.name) ?? { name: record.name, calls: 0, bytes: 0 };
    use.calls++;
    if (!VIEWS.has(record.name)) use.bytes += record.bytesAdded;
    this.uses.set(record.name, use);
    const timing = Promise.resolve(record.kernelTimeMs).then((time) => {
      if (typeof time === 'number' && Number.isFinite(time))
        use.milliseconds = (use.milliseconds ?? 0) + time;
      this.timings.delete(timing);
    });
    this.timings.add(timing);
    return 0;
  }

  async settled(): Promise<void> {
    await Promise.all(this.timings);
  }
}

/**
 * Runs `work` and counts the operations of all backends meanwhile, whoever runs them; those with the most bytes first.
 * @returns `peakBytes`: most bytes of tensors alive after any operation, as tf.memory() counts: with views, with weights
 * that are tensors, without what a backend packs for itself.
 * @throws VoirsError INVALID_OPTIONS while another profile is taken, and whatever `work` throws.
 */
export async function profileOperations<T>(
  work: () => T | Promise<T>,
): Promise<{ value: T; operations: OperationUse[]; peakBytes: number }> {
  const { state } = tf.engine();
  if (state.profiling) {
    throw new VoirsError('INVALID_OPTIONS', 'TensorFlow.js is being profiled already', {
      suggestion: 'Take one profile after the other: the engine has one record',
    });
  }
  const tally = new Tally();
  tally.peakBytes = state.numBytes;
  state.activeProfile.kernels = tally;
  state.profiling = true;
  try {
    const value = await work();
    await tally.settled();
    const operations = [...tally.uses.values()].sort((a, b) => b.bytes - a.bytes || b.calls - a.calls);
    return { value, operations, peakBytes: tally.peakBytes };
  } finally {
    state.profiling = false;
    state.activeProfile.kernels = [];
  }
}
