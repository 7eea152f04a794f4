// Every refusal of a weights file tells its reader what is wrong: these are the checks that it does.

import * as assert from 'uvu/assert';
import { VoirsError, type VoirsErrorCode } from '../../src/errors.js';

/** Runs `action`, which must throw a complete VoirsError whose message matches. */
export function throwsVoirs(
  action: () => unknown,
  pattern: RegExp,
  code: VoirsErrorCode = 'INVALID_WEIGHTS',
): void {
  let thrown: unknown;
  try {
    action();
  } catch (error) {
    thrown = error;
  }
  checkError(thrown, pattern, code);
}

/** The same for promises. */
export async function rejectsVoirs(
  promise: Promise<unknown>,
  pattern: RegExp,
  code: VoirsErrorCode = 'INVALID_WEIGHTS',
): Promise<void> {
  let thrown: unknown;
  await promise.catch((error: unknown) => {
    thrown = error;
  });
  checkError(thrown, pattern, code);
}

/** Whether `action` returns or throws a VoirsError: what fuzzing asks of a parser. */
export function failsOnlyAsVoirs(action: () => unknown): boolean {
  try {
    action();
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    assert.is(error.code, 'INVALID_WEIGHTS');
  }
  return true;
}

function checkError(thrown: unknown, pattern: RegExp, code: VoirsErrorCode): void {
  assert.instance(thrown, VoirsError, `nothing like a VoirsError was thrown, but ${String(thrown)}`);
  const error = thrown as VoirsError;
  assert.is(error.code, code);
  assert.match(error.message, pattern);
  assert.ok(error.got, 'got is missing');
  assert.ok(error.wanted, 'wanted is missing');
  assert.ok(error.suggestion, 'suggestion is missing');
}
