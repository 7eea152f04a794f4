// Arrays of ours as `ndarray`, the project's array type: views with a shape, where the host lets that package make code.
import ndarray, { type NdArray } from 'ndarray';
import { VoirsError } from '../errors.js';

/**
 * A view of the values, row-major; nothing is copied.
 * @param what names the call for the message: "toNdarray".
 * @param instead what to use without it.
 * @throws VoirsError DEVICE_ERROR where code may not be made from strings (a Content-Security-Policy without
 * 'unsafe-eval'), which the package ndarray does.
 */
export function ndarrayOf<Data extends Float32Array | Float64Array | Int32Array>(
  data: Data,
  shape: number[],
  what: string,
  instead: string,
): NdArray<Data> {
  try {
    return ndarray(data, shape);
  } catch (cause) {
    if ((cause as Error).name !== 'EvalError') throw cause;
    throw new VoirsError('DEVICE_ERROR', `${what} needs code made from strings`, {
      got: 'a policy that forbids it',
      wanted: "a Content-Security-Policy with 'unsafe-eval'",
      suggestion: instead,
      cause,
    });
  }
}
