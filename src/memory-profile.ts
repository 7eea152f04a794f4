// Where the memory of a piece of work goes: the lines of JavaScript that hold it, beside the operations on the backend
// that made its tensors, whose memory V8 does not see.
import { type OperationUse, profileOperations } from './backends/operation-profile.js';
import {
  type AllocationProfile,
  type AllocationProfileOptions,
  profileAllocations,
} from './memory/profile.js';

export type MemoryProfileOptions = AllocationProfileOptions;

export interface MemoryProfile<T> extends AllocationProfile<T> {
  /** The operations that made the most tensor bytes, the largest first; times include what the profilers cost. */
  operations: OperationUse[];
  /** Most bytes of tensors alive at once, as tf.memory() counts them. */
  peakTensorBytes: number;
}

/**
 * Runs `work` between two snapshots: the sites of the code whose memory changed most, and the backend's operations.
 * @throws VoirsError INVALID_OPTIONS, also while another profile is taken; DEVICE_ERROR where the runtime has no
 * inspector; and whatever `work` throws.
 */
export async function profileMemoryUsage<T>(
  work: () => T | Promise<T>,
  options: MemoryProfileOptions = {},
): Promise<MemoryProfile<T>> {
  const { value: result, ...profile } = await profileAllocations(() => profileOperations(work), options);
  const { value, operations, peakBytes } = result;
  return {
    ...profile,
    value,
    operations: operations.slice(0, options.top ?? 10),
    peakTensorBytes: peakBytes,
  };
}
