// The tensorflow backend in bundles for browsers, where it says why it does not run: it is native code.
import { VoirsError } from '../../errors.js';
import type { BackendPlugin } from '../backend.js';

const reason = 'libtensorflow is native code, which a browser does not load; choose wasm, or webgpu on a GPU';

export const tensorflowPlugin: BackendPlugin = {
  name: 'tensorflow',
  summary: 'libtensorflow (oneDNN, CUDA), in Node only',
  maxThreads: 1,
  probe: async () => ({ available: false, reason }),
  async create() {
    throw new VoirsError('DEVICE_ERROR', 'The tensorflow backend cannot run here', { got: reason });
  },
};
