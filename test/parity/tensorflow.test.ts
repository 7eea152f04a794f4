// If this fails, libtensorflow speaks differently from the models that were trained.
import { tensorflowHere } from '../backends/tensorflow/here.js';
import { parityPlan } from './plan.js';

if (await tensorflowHere()) {
  parityPlan('tensorflow', { golden: 1e-4, streamed: 1e-5, longestStreamed: Number.POSITIVE_INFINITY });
}
