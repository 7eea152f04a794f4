// If this fails, the default backend speaks differently from the models that were trained.
import { parityPlan } from './plan.js';

// The test of plain SIMD runs this file again, with the short sentences.
const sentences = process.env.VOIRS_TEST_SENTENCES?.split(',');
parityPlan('wasm', {
  ...{ golden: 1e-4, streamed: 1e-6, longestStreamed: Number.POSITIVE_INFINITY },
  ...(sentences ? { sentences } : {}),
});
