// Small checks that many test files share.
import * as assert from 'uvu/assert';
import { VoirsError, type VoirsErrorCode } from '../src/errors.js';

/** The VoirsError that `run` throws; fails when it throws nothing, or something else. */
export async function voirsError(run: () => unknown, code: VoirsErrorCode): Promise<VoirsError> {
  try {
    await run();
  } catch (error) {
    assert.instance(error, VoirsError, `not a VoirsError: ${error}`);
    assert.is((error as VoirsError).code, code, (error as VoirsError).message);
    return error as VoirsError;
  }
  throw new Error(`nothing was thrown; wanted ${code}`);
}
