// Frees what stock kernels leave behind when they fail: while they work they hold tensors of their own (a
// reshaped view of an input, a transposed copy), which they do not free on an error. It also records
// everything stored, which lets a backend move to another heap.
import type { DataId } from '#tf';
import * as tf from '#tf';
import { BackendWasm } from '#tf-wasm';

/** TensorFlow.js's backend, with a record of what a run stores. */
export class RollbackBackend extends BackendWasm {
  /** Number of references to each piece of data before the run under way changed it. */
  private touched: Map<DataId, number> | undefined;

  private readonly stored = new Set<DataId>();

  override move(dataId: DataId, ...rest: unknown[]): void {
    this.touched?.set(dataId, 0);
    super.move(dataId, ...rest);
    this.stored.add(dataId);
  }

  override disposeData(dataId: DataId, force?: boolean): boolean {
    const isGone = super.disposeData(dataId, force);
    if (isGone) this.stored.delete(dataId);
    return isGone;
  }

  /**
   * Copies everything stored here to another instance.
   * @returns a function that makes the engine use the copies; the caller then disposes this instance.
   */
  copyTo(other: RollbackBackend): () => void {
    for (const dataId of this.stored) {
      const { shape, dtype } = this.dataIdMap.get(dataId);
      other.move(dataId, this.readSync(dataId), shape, dtype, this.refCount(dataId));
    }
    return () => {
      const { tensorInfo } = tf.engine().state;
      for (const dataId of this.stored) tensorInfo.get(dataId)!.backend = other;
    };
  }

  override incRef(dataId: DataId): void {
    if (this.touched && !this.touched.has(dataId)) this.touched.set(dataId, this.refCount(dataId));
    super.incRef(dataId);
  }

  /**
   * Does a run. When it throws, all data has as many references as before, except tensors that the run has
   * kept (tf.keep).
   * @param run calls its argument once, inside the scope that frees the tensors of the run.
   */
  rollBackOnError<T>(run: (inScope: <U>(work: () => U) => U) => T): T {
    const touched = new Map<DataId, number>();
    const kept = new Set<DataId>();
    const outer = this.touched;
    this.touched = touched;
    try {
      return run((work) => {
        try {
          return work();
        } catch (error) {
          for (const tensor of tf.engine().state.activeScope.track) if (tensor.kept) kept.add(tensor.dataId);
          throw error;
        }
      });
    } catch (error) {
      for (const [dataId, references] of touched) {
        if (kept.has(dataId)) continue;
        while (this.refCount(dataId) > references) this.disposeData(dataId);
      }
      throw error;
    } finally {
      this.touched = outer;
    }
  }
}
