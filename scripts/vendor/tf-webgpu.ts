// TensorFlow.js's WebGPU backend: its kernels (registered on import) and the class that joins them to a
// device.
export { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu/dist/backend_webgpu.js';
export { version as version_webgpu } from '@tensorflow/tfjs-backend-webgpu/dist/version.js';
export { useGpuGlobals } from './gpu-globals.js';

import '@tensorflow/tfjs-backend-webgpu/dist/register_all_kernels.js';
