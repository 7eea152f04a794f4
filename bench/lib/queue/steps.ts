// The steps of a run that takes long: each result is written as soon as it is there, and a run that was broken off goes
// on after the last of them.
import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

export class Steps {
  private readonly known = new Map<string, unknown>();
  /** Steps that a run before this one has done. */
  resumed = 0;

  /**
   * @param path of the file of lines of JSON.
   * @param run what a step depends on: steps of another run are measured again.
   */
  constructor(
    readonly path: string,
    private readonly run: unknown,
  ) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const lines = text.split('\n');
    if (lines.at(-1) !== '') appendFileSync(path, '\n'); // cut off with its run: the next line is not to go on from it
    for (const line of lines) {
      const step = parsed(line);
      if (step && JSON.stringify(step.run) === JSON.stringify(run)) this.known.set(step.name, step.result);
    }
    if (this.known.size === 0) rmSync(path, { force: true });
  }

  /** The result of a step: of the run before, or measured now. */
  async take<T>(name: string, measure: () => Promise<T>): Promise<T> {
    if (this.known.has(name)) {
      this.resumed++;
      return this.known.get(name) as T;
    }
    const started = performance.now();
    const result = await measure();
    appendFileSync(this.path, `${JSON.stringify({ run: this.run, name, result })}\n`);
    console.error(`bench: ${name}, ${((performance.now() - started) / 1000).toFixed(1)} s`);
    return result;
  }

  /** What is to be measured anew next time. */
  forget(): void {
    rmSync(this.path, { force: true });
  }
}

/** The last line may be half a line. */
function parsed(line: string): { run: unknown; name: string; result: unknown } | undefined {
  try {
    return JSON.parse(line) as { run: unknown; name: string; result: unknown };
  } catch {
    return undefined;
  }
}
