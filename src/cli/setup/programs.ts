// Runs the programs that the set-up needs (npm, pip, a compiler), and makes the errors for those that are
// missing or fail.
import { spawn } from 'node:child_process';
import type { STEPS } from '../../backends/tensorflow/place.js';
import { VoirsError } from '../../errors.js';

/** Name of a step in messages. */
export type StepName = (typeof STEPS)[number]['step'];

/** What every step is given. */
export interface SetupContext {
  folder: string;
  cuda: boolean;
  /** Reports progress, one line at a time. */
  report(line: string): void;
  signal: AbortSignal | undefined;
}

/** @returns the error of a failed step; the next call of the set-up begins with that step. */
export function stepFailed(
  step: StepName,
  what: string,
  details: { got?: string; suggestion: string; cause?: unknown },
) {
  return new VoirsError('DEVICE_ERROR', `Step "${step}" of the set-up failed: ${what}`, {
    ...details,
    suggestion: `${details.suggestion}; then run the same command again, which continues from this step`,
  });
}

/** How a program ended. */
interface ProgramEnd {
  /** Null when the program could not be started. */
  code: number | null;
  output: string;
}

/** Runs a program to its end. @throws VoirsError ABORTED. */
export function runProgram(
  command: string,
  args: readonly string[],
  { signal }: Pick<SetupContext, 'signal'>,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    const append = (chunk: string): void => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', append);
    child.stderr.setEncoding('utf8').on('data', append);
    child.on('error', (error) => {
      if (signal?.aborted) reject(new VoirsError('ABORTED', 'The set-up was interrupted'));
      else resolve({ code: null, output: error.message });
    });
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The end of a program's output, in one line. */
export function lastWords(output: string): string {
  return output.trim().split('\n').slice(-3).join(' | ').slice(-600);
}
