// The kernels' bench in a page: where Node has no adapter, Chromium has a software one.
import { alternate, type KernelAnswer, type KernelWish } from './alternate.js';

export function run(wish: KernelWish): Promise<KernelAnswer> {
  return alternate(wish);
}
