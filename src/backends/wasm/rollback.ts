// Stock kernels keep tensors of their own while they work (a reshaped view of an input, a transposed copy) and do not
// give them back when they fail half-way. This takes them back for them. It also knows all it stores, which is what lets a
// backend go over to another heap.
import type { DataId } from '#tf';
import * as tf from '#tf';
import { BackendWasm } from '#tf-wasm';

/** TensorFlow.js's backend, with a record of what a run stores. */
export class UndoableBackend extends BackendWasm {
  /** References to each piece of data before the run under way touched it. */
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
   * @returns what makes the engine look for it there; this one is to be disposed then.
   */
  copyTo(other: UndoableBackend): () => void {
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
   * Does a run; when it fails, data has as many references as before it, except what the run kept for good.
   * @param run calls its argument, once, inside the scope that frees the tensors of the run.
   */
  undoable<T>(run: (inScope: <U>(work: () => U) => U) => T): T {
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
