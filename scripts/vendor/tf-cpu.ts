// TensorFlow.js's plain JavaScript backend: slow, exact, and readable; the reference for every other one.
export { MathBackendCPU, version_cpu } from '@tensorflow/tfjs-backend-cpu/dist/base.js';

import '@tensorflow/tfjs-backend-cpu/dist/register_all_kernels.js';
