// The program's two outputs and its signals: results on stdout and nothing else there, everything else on
// stderr, Ctrl-C as an AbortSignal.
import { VoirsError } from '../errors.js';

/** Where a command's result goes. */
export type ResultChannel = 'stdout' | 'stderr';

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/** What a command may say to its user, and what the user may say to it. */
export class Terminal {
  /** `stderr` while stdout carries a file. */
  resultChannel: ResultChannel = 'stdout';
  private readonly controller = new AbortController();
  private interrupted: keyof typeof SIGNALS | undefined;
  private readonly wantsJson: boolean;
  private readonly listeners: [keyof typeof SIGNALS, () => void][] = [];

  constructor(argv: readonly string[]) {
    // Known before the options are parsed, because their errors are printed too.
    const end = argv.indexOf('--');
    this.wantsJson = (end === -1 ? argv : argv.slice(0, end)).includes('--json');
    // Whoever reads stdout may stop reading: that is no error of ours, and nothing is left to do.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }

  /** Fires on Ctrl-C or SIGTERM; a second one ends the process at once. */
  get signal(): AbortSignal {
    if (this.listeners.length === 0) this.listen();
    return this.controller.signal;
  }

  /** Writes bytes to stdout and waits until they are taken. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Prints a result. */
  async print(text: string): Promise<void> {
    if (this.resultChannel === 'stdout') await this.write(`${text}\n`);
    else process.stderr.write(`${text}\n`);
  }

  /** Prints a result as one line of JSON. */
  printJson(value: unknown): Promise<void> {
    return this.print(JSON.stringify(value));
  }

  /** Tells the user something beside the result. */
  note(text: string): void {
    process.stderr.write(`voirs: ${oneLine(text)}\n`);
  }

  /** Says what went wrong. @returns the exit code. */
  async fail(error: unknown): Promise<number> {
    const known = error instanceof VoirsError ? error : undefined;
    const code = known?.code ?? 'UNEXPECTED';
    const message = oneLine(known?.message ?? String(error));
    process.stderr.write(`voirs: ${code}: ${message}\n`);
    if (!known && process.env.VOIRS_LOG_LEVEL === 'debug') {
      process.stderr.write(`${(error as Error).stack ?? ''}\n`);
    }
    if (this.wantsJson) await this.printJson({ error: known ? known.toJSON() : { code, message } });
    if (this.interrupted) return SIGNALS[this.interrupted];
    return code === 'INVALID_OPTIONS' ? 2 : 1;
  }

  close(): void {
    for (const [signal, listener] of this.listeners) process.removeListener(signal, listener);
  }

  private listen(): void {
    for (const name of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) {
      const listener = (): void => {
        if (this.interrupted) process.exit(SIGNALS[name]);
        this.interrupted = name;
        this.controller.abort(new Error(name));
      };
      process.on(name, listener);
      this.listeners.push([name, listener]);
    }
  }
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}
