// What an engine says beside its results: on stderr (in a page, on the console), as much as `logLevel` asks for.

/** From nothing to everything; each level writes what those before it write. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** A message, or what makes it if it is wanted. */
type Message = string | (() => string);

export class Log {
  private readonly rank: number;

  constructor(level: LogLevel) {
    this.rank = LOG_LEVELS.indexOf(level);
  }

  /** Something went wrong that no call could be told. */
  error(message: Message): void {
    this.write('error', message);
  }

  /** Not what was asked for, but the next best. */
  warn(message: Message): void {
    this.write('warn', message);
  }

  /** What was loaded, and what reading a text left to be wished for. */
  info(message: Message): void {
    this.write('info', message);
  }

  /** Every call and what it took. */
  debug(message: Message): void {
    this.write('debug', message);
  }

  /** Runs a call and says at the level `debug` what it took. */
  async timed<T>(name: string, work: () => Promise<T>, seconds: (result: T) => number): Promise<T> {
    if (!this.has('debug')) return work();
    const began = performance.now();
    try {
      const result = await work();
      const [took, audio] = [(performance.now() - began) / 1000, seconds(result)];
      this.debug(
        `${name}: ${audio.toFixed(2)} s of audio in ${took.toFixed(3)} s, RTF ${(took / audio).toFixed(3)}`,
      );
      return result;
    } catch (error) {
      this.debug(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  /** Each level has what those before it have. */
  private has(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.rank;
  }

  private write(level: LogLevel, message: Message): void {
    if (!this.has(level)) return;
    console.error(`voirs ${level}: ${typeof message === 'string' ? message : message()}`);
  }
}
