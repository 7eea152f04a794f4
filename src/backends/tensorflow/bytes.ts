// Counts the bytes of tensors that live in libtensorflow, which tells only how many there are.
import type { DataId, KernelBackend } from '#tf';

/** The methods through which every tensor of tfjs-node's backend comes and goes. */
interface Doors {
  move(id: DataId, values: unknown, shape: number[], dtype: string, refCount: number): void;
  createOutputTensor(metadata: { shape: number[]; dtype: number; id: number }): {
    dataId: DataId;
    size: number;
  };
  disposeData(id: DataId, force?: boolean): boolean;
}

export class TensorBytes {
  /** Bytes alive now. Every type that the models use has 4 bytes. */
  alive = 0;
  private readonly sizes = new Map<DataId, number>();

  constructor(backend: KernelBackend) {
    const doors = backend as unknown as Doors;
    const { move, createOutputTensor, disposeData } = doors;
    doors.move = (id, values, shape, dtype, refCount) => {
      move.call(doors, id, values, shape, dtype, refCount);
      this.add(
        id,
        shape.reduce((product, n) => product * n, 1),
      );
    };
    doors.createOutputTensor = (metadata) => {
      const tensor = createOutputTensor.call(doors, metadata);
      this.add(tensor.dataId, tensor.size);
      return tensor;
    };
    doors.disposeData = (id, force) => {
      const isGone = disposeData.call(doors, id, force);
      if (isGone) this.remove(id);
      return isGone;
    };
  }

  private add(id: DataId, values: number): void {
    this.sizes.set(id, values * 4);
    this.alive += values * 4;
  }

  private remove(id: DataId): void {
    this.alive -= this.sizes.get(id) ?? 0;
    this.sizes.delete(id);
  }
}
