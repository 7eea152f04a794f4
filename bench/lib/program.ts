// Runs other programs (Python, npm, ours in a fresh process) and keeps their output.
import { spawn } from 'node:child_process';

/** How a program ended. */
export interface ProgramResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end; a program that cannot be started has code null and the reason in stderr, one
 * that is ended after `timeoutMs` (default: never) has code null too.
 */
export function runProgram(
  command: string,
  args: string[],
  env?: Record<string, string>,
  timeoutMs?: number,
): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    child.on('error', (error) => resolve({ code: null, stdout, stderr: error.message }));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** The last lines of a tool's output, which show why it failed. */
export function lastLines(output: string, count = 4): string {
  return output.trim().split('\n').slice(-count).join(' | ');
}
