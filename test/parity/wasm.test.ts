// If this fails, the default backend speaks differently from the models that were trained.
import { parityPlan } from './plan.js';

parityPlan('wasm', { golden: 1e-4, streamed: 1e-6, longestStreamed: Number.POSITIVE_INFINITY });
