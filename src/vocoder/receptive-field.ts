// How many mel frames on either side reach an output sample: what a chunk must be given beyond its own frames, so
// that streamed audio equals audio made in one piece.
import type { HifiganConfig } from '../voices/hifigan-config.js';

/** Farthest reach of a stage's residual blocks, in samples of its rate, to one side. */
function blockReach(config: HifiganConfig): number {
  return Math.max(
    ...config.resblockKernelSizes.map((kernel, n) => {
      const half = (kernel - 1) / 2;
      const dilations = config.resblockDilationSizes[n]!;
      const dilated = dilations.reduce((sum, dilation) => sum + half * dilation, 0);
      return config.resblock === '1' ? dilated + half * dilations.length : dilated;
    }),
  );
}

/**
 * Walks back from the samples of one frame to the frames they depend on.
 * @returns frames beyond the frame itself, the larger of both sides (13 for V1 and V2, 11 for V3).
 */
export function contextFrames(config: HifiganConfig): number {
  const hop = config.upsampleRates.reduce((product, rate) => product * rate, 1);
  const reach = blockReach(config);
  let first = -3; // conv_post has 7 taps
  let last = hop - 1 + 3;
  for (let i = config.upsampleRates.length - 1; i >= 0; i--) {
    const rate = config.upsampleRates[i]!;
    const kernel = config.upsampleKernelSizes[i]!;
    const pad = (kernel - rate) / 2;
    first -= reach;
    last += reach;
    // Output n of the transposed convolution takes input j when 0 <= n + pad - j rate < kernel.
    first = Math.ceil((first + pad - kernel + 1) / rate);
    last = Math.floor((last + pad) / rate);
  }
  return Math.max(-(first - 3), last + 3); // conv_pre has 7 taps
}
