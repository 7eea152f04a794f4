// Every rival, for benches that loop over them.
import { openOnnxruntimeNode } from './onnxruntime-node/index.js';
import { openOnnxruntimeWeb } from './onnxruntime-web/index.js';
import type { OpenRival } from './rival.js';

/** Rivals by name, unopened. */
export const rivals: Record<string, OpenRival> = {
  'onnxruntime-web': openOnnxruntimeWeb,
  'onnxruntime-node': openOnnxruntimeNode,
};
