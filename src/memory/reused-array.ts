// One array for what is needed again and again and never for long: made anew each time, it would be garbage that the
// allocator's heap grows by until V8 collects.

/** Values of the first array, 512 KiB: untouched pages take no physical memory, and few chunks need more. */
const LEAST = 2 ** 17;

export class ReusedArray {
  private values = new Float32Array(0);

  /** `length` values, not zeroed, until the next call. */
  take(length: number): Float32Array<ArrayBuffer> {
    if (length > this.values.length)
      this.values = new Float32Array(Math.max(LEAST, 2 ** Math.ceil(Math.log2(length))));
    return this.values.subarray(0, length);
  }
}
