// If this fails, the reference that every other backend is compared with is wrong.
import { parityPlan } from './plan.js';

parityPlan('cpu', {
  golden: 1e-4,
  streamed: 1e-6,
  longestStreamed: 60,
  // A frame takes this backend 40 to 70 ms: `npm run bench -- parity` has the longer sentences and the full-size
  // HiFi-GAN, whose layers are those of the voices' vocoders and of the tiny one.
  sentences: ['short'],
  withoutFullSize: true,
});
