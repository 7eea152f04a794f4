// Checkpoints of other frameworks, brought to the names and shapes that our models ask for. Bytes are lent, not copied.
import { floatTensor, type HostTensor } from '../../checkpoints/tensor.js';

/** A pattern of a name, and what stands in its place; undefined leaves the tensor out. */
export type Renaming = readonly [RegExp, string | ((...groups: string[]) => string) | undefined];

/** Tensors under the names of the first pattern that fits each; those that none fits keep theirs. */
export function renamed(
  tensors: ReadonlyMap<string, HostTensor>,
  renamings: readonly Renaming[],
): Map<string, HostTensor> {
  const result = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors) {
    const found = renamings.find(([pattern]) => pattern.test(name));
    if (!found) result.set(name, tensor);
    else if (found[1] !== undefined) result.set(name.replace(found[0], found[1] as string), tensor);
  }
  return result;
}

/** The same bytes in another shape of as many elements. */
export function reshaped(tensor: HostTensor, shape: number[]): HostTensor {
  const { dtype, copyBytes, scale } = tensor;
  return {
    dtype,
    shape,
    get bytes() {
      return tensor.bytes;
    },
    ...(copyBytes ? { copyBytes } : {}),
    ...(scale ? { scale } : {}),
  };
}

/** A bias of a layer that has none. */
export const zeros = (count: number): HostTensor => floatTensor(new Float32Array(count), [count]);

/** Tensors whose name begins with `prefix`, without it. */
export function below(tensors: ReadonlyMap<string, HostTensor>, prefix: string): Map<string, HostTensor> {
  const found = new Map<string, HostTensor>();
  for (const [name, tensor] of tensors)
    if (name.startsWith(prefix)) found.set(name.slice(prefix.length), tensor);
  return found;
}
