// Weights of other frameworks, whichever of their two formats they are in.
import { isPyTorch, readPyTorch } from '../../checkpoints/pytorch.js';
import { readSafetensors } from '../../checkpoints/safetensors.js';
import type { HostTensor } from '../../checkpoints/tensor.js';
import { VoirsError } from '../../errors.js';

/** The tensors of a checkpoint, told by its first bytes. @throws VoirsError INVALID_WEIGHTS. */
export function readWeights(bytes: Uint8Array, source: string): ReadonlyMap<string, HostTensor> {
  if (isPyTorch(bytes)) return readPyTorch(bytes, { source }).tensors;
  if (bytes[8] === 0x7b) return readSafetensors(bytes, { source, isForeign: true }).tensors;
  const start = [...bytes.subarray(0, 9)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  throw new VoirsError('INVALID_WEIGHTS', `${source} is not a weights file`, {
    got: start === '' ? 'an empty file' : `a file that begins ${start}`,
    wanted: 'safetensors or a PyTorch checkpoint',
    suggestion: 'Pass the file that the training run saved.',
  });
}
