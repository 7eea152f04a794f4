// Which build of the kernels this runtime can load: relaxed SIMD (Node, Chrome from 114 on) has the multiply-add as one
// instruction, 1.18 to 1.24 times as fast (docs/kernels.md); plain SIMD runs everywhere else.
import { VoirsError } from '../../../errors.js';
import type { Arithmetic } from '../../../host/contract.js';
import { host } from '../../../host/host.js';

/**
 * The environment variable VOIRS_SIMD=plain asks for the slower build, which rounds alike on every machine.
 * @throws VoirsError INVALID_OPTIONS for another value of it; an empty one is none.
 */
export function fastestArithmetic(): Arithmetic {
  const wanted = host.environment().VOIRS_SIMD || 'relaxed';
  if (wanted !== 'plain' && wanted !== 'relaxed') {
    throw new VoirsError('INVALID_OPTIONS', 'VOIRS_SIMD is not one of its values', {
      got: wanted,
      wanted: 'plain or relaxed',
    });
  }
  return wanted === 'relaxed' && host.hasRelaxedSimd() ? 'relaxed' : 'plain';
}
