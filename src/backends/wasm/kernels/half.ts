// Weights in half the memory: kept as 16-bit floats where that loses nothing (voices ship as such) and widened for each
// call into one buffer that all layers share. A sentence widens every weight of the acoustic model once, in about 10 ms.
import type { WeightForm } from '../../ops.js';
import type { HeapBlock } from './blocks.js';
import { type ConvolutionKernels, unitsWorth } from './load.js';

/** Values that a unit of the kernel widens. */
const UNIT = 8;

/** What a layer computes with. */
export interface HeldWeights {
  readonly block: HeapBlock;
  /** Where the weights are for the next call of a kernel, as 32-bit floats. */
  address(): number;
}

/** Takes over packed weights; `half` keeps them in 16 bits if every one of them can be. */
export function heldWeights(
  kernels: ConvolutionKernels,
  packed: HeapBlock,
  form: WeightForm | undefined,
): HeldWeights {
  const count = packed.bytes / 4;
  if (form === 'half' && count % UNIT === 0) {
    const block = kernels.allocate(packed.bytes / 2);
    if (kernels.ask('narrow_weights', packed.address, block.address, count / UNIT) === 1) {
      kernels.free(packed);
      kernels.wide.reserve(count * 4);
      return {
        block,
        address: () => {
          const to = kernels.wide.address;
          kernels.dispatch('widen_weights', count / UNIT, [block.address, to], unitsWorth(4 * UNIT));
          return to;
        },
      };
    }
    kernels.free(block);
  }
  return { block: packed, address: () => packed.address };
}
