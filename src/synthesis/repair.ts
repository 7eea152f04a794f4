// A step of the models on a backend that broke in it is done again, once, where the backend can be repaired.
import type { Backend } from '../backends/backend.js';
import { shown, VoirsError } from '../errors.js';

/**
 * @param onRepair is told what happened before the work is repeated; what it throws ends the call.
 * @throws VoirsError DEVICE_ERROR when the step fails twice so.
 */
export async function withRepair<Result>(
  backend: Backend,
  work: () => Promise<Result>,
  onRepair: (what: string) => void,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const what = await backend.repair?.(error);
    if (what === undefined) throw error;
    onRepair(what);
  }
  try {
    return await work();
  } catch (error) {
    if ((await backend.repair?.(error)) === undefined) throw error;
    throw new VoirsError('DEVICE_ERROR', 'A step of the models failed twice', {
      got: shown(error instanceof Error ? error.message : error),
      suggestion: 'Use numThreads: 1 or another backend, and report this with what "voirs doctor" prints',
      cause: error,
    });
  }
}
