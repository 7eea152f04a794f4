// Memory that goes straight back to the system: allocators keep what is freed for the next to ask, and glibc's keeps up to
// twice the largest piece that it ever got back. A WebAssembly memory is mapped apart from it and unmapped when collected.

const PAGE_BYTES = 2 ** 16;

/**
 * A buffer of at least `bytes`, zeroed, outside the C library's allocator where the system has the room for one (each
 * reserves gigabytes of addresses); for few, large and short-lived ones. It cannot be transferred.
 */
export function ownPages(bytes: number): ArrayBuffer {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer as ArrayBuffer;
  } catch {
    return new ArrayBuffer(bytes); // no addresses left, or more than a memory can have
  }
}
