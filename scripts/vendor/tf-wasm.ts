// TensorFlow.js's WASM backend: its kernels (registered on import) and the class that joins them to a module.
// The WebAssembly modules and their Emscripten glue lie beside the bundle, in vendor/wasm/.
export { BackendWasm, setThreadsCount } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
export { version as version_wasm } from '@tensorflow/tfjs-backend-wasm/dist/version.js';

import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
