// Other programs that the set-up needs (npm, pip, a compiler), and what it says when one of them is missing or fails.
import { spawn } from 'node:child_process';
import type { STEPS } from '../../backends/tensorflow/place.js';
import { VoirsError } from '../../errors.js';

/** What one step is called in messages. */
export type StepName = (typeof STEPS)[number]['step'];

/** What the whole set-up is given. */
export interface SetupContext {
  folder: string;
  cuda: boolean;
  /** Says what is being done, one line at a time. */
  report(line: string): void;
  signal: AbortSignal | undefined;
}

/** @returns the error of a step that failed, which the next call of the set-up begins with. */
export function stepFailed(
  step: StepName,
  what: string,
  details: { got?: string; suggestion: string; cause?: unknown },
) {
  return new VoirsError('DEVICE_ERROR', `Step "${step}" of the set-up failed: ${what}`, {
    ...details,
    suggestion: `${details.suggestion}; then run the same command again, which goes on from this step`,
  });
}

/** How a program ended. */
export interface ProgramEnd {
  /** Null where it could not be started. */
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
    const keep = (chunk: string): void => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.setEncoding('utf8').on('data', keep);
    child.stderr.setEncoding('utf8').on('data', keep);
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
