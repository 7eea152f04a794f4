// Writes what an engine has to say beside its results: to stderr (in a page, the console), as much as `logLevel` asks for.
import { printable } from './printable.js';

/** From nothing to everything; each level writes what those before it write. */
export const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Most characters of a line. */
const LONGEST_LINE = 2000;

/** A message, or a function that makes it when it is wanted. */
type Message = string | (() => string);

export class Log {
  private readonly rank: number;

  constructor(level: LogLevel) {
    this.rank = LOG_LEVELS.indexOf(level);
  }

  /** A failure that no call can report. */
  error(message: Message): void {
    this.write('error', message);
  }

  /** The next best instead of what was asked for. */
  warn(message: Message): void {
    this.write('warn', message);
  }

  /** What was loaded, and the warnings of the frontend. */
  info(message: Message): void {
    this.write('info', message);
  }

  /** Every call, and what it took. */
  debug(message: Message): void {
    this.write('debug', message);
  }

  /** Each level has what those before it have. */
  private has(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= this.rank;
  }

  private write(level: LogLevel, message: Message): void {
    if (!this.has(level)) return;
    const text = typeof message === 'string' ? message : message();
    console.error(`voirs ${level}: ${printable(text, LONGEST_LINE)}`);
  }
}
