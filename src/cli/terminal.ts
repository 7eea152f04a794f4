// The two outputs of the program and its signals: results and nothing else go to stdout, all other words to
// stderr, and Ctrl-C becomes an AbortSignal.
import { fstatSync, writeSync } from 'node:fs';
import { VoirsError } from '../errors.js';
import { escapeControls, printable } from '../printable.js';

/** Exit codes of the signals that stop the program, as shells have them. */
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Most characters of an error or a note. */
const MOST_CHARACTERS = 2000;

/** The outputs and signals of one run of the program. */
export class Terminal {
  /** `stderr` while stdout carries a file. */
  resultChannel: 'stdout' | 'stderr' = 'stdout';
  private readonly controller = new AbortController();
  private interrupted: keyof typeof SIGNALS | undefined;
  private readonly wantsJson: boolean;
  private readonly listeners: [keyof typeof SIGNALS, () => void][] = [];

  constructor(argv: readonly string[]) {
    // Read before the options are parsed, because errors of the parser are printed too.
    const end = argv.indexOf('--');
    this.wantsJson = (end === -1 ? argv : argv.slice(0, end)).includes('--json');
    // A reader may close stdout early, as `head` does: that is not an error, and nothing is left to do.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
    });
    process.stderr.on('error', () => {}); // no channel is left to report it on
  }

  /** Fires on Ctrl-C, SIGTERM or SIGHUP; a second signal ends the process at once. */
  get signal(): AbortSignal {
    if (this.listeners.length === 0) this.listen();
    return this.controller.signal;
  }

  /** Writes bytes to stdout; resolves when all are written. @throws VoirsError IO_ERROR. */
  async write(bytes: Uint8Array): Promise<void> {
    await send('stdout', bytes);
  }

  /** Prints a result. @throws VoirsError IO_ERROR. */
  async print(text: string): Promise<void> {
    await send(this.resultChannel, Buffer.from(`${escapeControls(text)}\n`));
  }

  /** Prints a result as one line of JSON. @throws VoirsError IO_ERROR. */
  printJson(value: unknown): Promise<void> {
    return this.print(JSON.stringify(value));
  }

  /** Prints a remark beside the result. */
  note(text: string): void {
    process.stderr.write(`voirs: ${oneLine(text)}\n`);
  }

  /** Prints an error. @returns the exit code. */
  async fail(error: unknown): Promise<number> {
    const known = error instanceof VoirsError ? error : undefined;
    const code = known?.code ?? 'UNEXPECTED';
    const message = oneLine(known?.message ?? String(error));
    process.stderr.write(`voirs: ${code}: ${message}\n`);
    if (!known && process.env.VOIRS_LOG_LEVEL === 'debug') {
      process.stderr.write(`${(error as Error).stack ?? ''}\n`);
    }
    // When stdout itself failed, stderr has the error already.
    if (this.wantsJson)
      await this.printJson({ error: known ? known.toJSON() : { code, message } }).catch(() => {});
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

/** Writes all bytes to a standard stream. @throws VoirsError IO_ERROR. */
async function send(channel: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
  try {
    if (isFile(channel)) writeAll(process[channel].fd, bytes);
    else {
      await new Promise<void>((resolve, reject) => {
        process[channel].write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    }
  } catch (cause) {
    throw new VoirsError('IO_ERROR', `${channel} cannot be written`, {
      got: (cause as Error).message.replace(/, \w+$/, ''),
      suggestion: 'Check where it is redirected to, and that the disk is not full',
      cause,
    });
  }
}

/** Whether a stream goes to a file or a device, where Node ignores that a full disk takes fewer bytes. */
function isFile(channel: 'stdout' | 'stderr'): boolean {
  if (process[channel].isTTY) return false;
  const info = fstatSync(process[channel].fd);
  return info.isFile() || info.isCharacterDevice();
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
}

/** One printable line of bounded length. */
function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' '), MOST_CHARACTERS);
}
