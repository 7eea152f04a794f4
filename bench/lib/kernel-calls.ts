// Calls of our WebAssembly kernels while benches look on: the one place that stands between a layer and its kernel.
import { KernelModule } from '../../src/backends/wasm/kernel-module.js';

/** What is told of a call: the kernel's name and arguments; `run` makes the call, once. */
export type WatchCall = (name: string, args: readonly number[], run: () => void) => void;

/** Every call of a kernel goes through `watch` until the result is disposed. */
export function watchKernels(watch: WatchCall): Disposable {
  const { dispatch } = KernelModule.prototype;
  KernelModule.prototype.dispatch = function (name, units, args, minimumUnits) {
    watch(name, args, () => dispatch.call(this, name, units, args, minimumUnits));
  };
  return {
    [Symbol.dispose]() {
      KernelModule.prototype.dispatch = dispatch;
    },
  };
}
