// What voirs doctor says of CUDA: which step of the way to an NVIDIA card is missing, and what to do about it.
import { cudaSteps, firstMissing } from '../backends/tensorflow/cuda.js';
import { readSetupRecord, setupFolder } from '../backends/tensorflow/place.js';
import type { Terminal } from './terminal.js';

/** Prints the steps, one a line; exit code 1 where one is missing. */
export async function reportCuda(asJson: boolean, terminal: Terminal): Promise<void> {
  const steps = cudaSteps();
  const gap = firstMissing(steps);
  if (gap) process.exitCode = 1;
  if (asJson) {
    await terminal.printJson({ steps, isReady: gap === undefined });
    return;
  }
  const lines = steps.map(({ what, found, missing, advice }, i) =>
    missing === undefined
      ? `${i + 1}  found    ${what}: ${found}`
      : `${i + 1}  MISSING  ${what}: ${missing}; ${advice}`,
  );
  const end = gap
    ? `Begin with ${steps.indexOf(gap) + 1}.`
    : 'Nothing is missing; `voirs doctor` without --cuda says whether it computes.';
  await terminal.print([...lines, end].join('\n'));
}

/** What a set-up for CUDA that runs on the CPU lacks; undefined where there is nothing to say. */
export function cudaGap(versions: Readonly<Record<string, string>>): string | undefined {
  const isOnCpu = /^CPU/.test(versions.features ?? '');
  if (!isOnCpu || readSetupRecord(setupFolder())?.cuda !== true) return undefined;
  const gap = firstMissing(cudaSteps());
  return gap
    ? `set up for CUDA, but on the CPU: ${gap.missing}; ${gap.advice}`
    : 'set up for CUDA, but on the CPU: libtensorflow found no card that it knows; see what nvidia-smi says';
}
