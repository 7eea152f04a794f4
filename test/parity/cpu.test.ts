// If this fails, the reference that every other backend is compared with is wrong.
import { parityPlan } from './plan.js';

parityPlan('cpu', {
  golden: 1e-4,
  streamed: 1e-6,
  longestStreamed: 60,
  // 'hello' takes this backend a quarter of a minute, the paragraph two: `npm run bench -- parity` has them.
  sentences: ['short', 'question'],
});
