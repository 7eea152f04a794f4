// The kernels' bench in a page: Chromium has a software adapter where Node has none.
import { alternate, type KernelAnswer, type KernelWish } from './alternate.js';

export function run(wish: KernelWish): Promise<KernelAnswer> {
  return alternate(wish);
}
