// One way to read what a graph computes, for the tests that compare kernels with their reference.
import type * as tf from '#tf';
import type { Backend } from '../../src/backends/backend.js';

/** What a graph computes on a backend; its tensors are freed. */
export function graphValues(backend: Backend, graph: () => tf.Tensor): Float32Array {
  const result = backend.run(graph);
  const out = new Float32Array(result.size);
  void backend.read(result, out);
  result.dispose();
  return out;
}
