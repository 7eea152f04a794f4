// If this fails, the reference that every other backend is compared with is wrong.
import { parityPlan } from './plan.js';

parityPlan('cpu', {
  golden: 1e-4,
  streamed: 1e-6,
  longestStreamed: 60,
  // The paragraph takes this backend two minutes: `npm run bench -- parity` has it.
  sentences: ['short', 'hello', 'question'],
});
