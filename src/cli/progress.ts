// A progress bar for long work, only where a person looks at it: stderr, if that is a terminal.

const WIDTH = 30;
/** Work that is done sooner needs no bar. */
const DELAY_MS = 500;
const INTERVAL_MS = 100;

/** One line on stderr that fills up and goes away when the work is done. */
export class ProgressBar implements Disposable {
  private readonly started = performance.now();
  private drawn = this.started + DELAY_MS - INTERVAL_MS;
  private isVisible = false;

  constructor(
    private readonly label: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  /** @param share done, in [0, 1]; the detail stands after the percentage. */
  readonly update = (share: number, detail = ''): void => {
    const now = performance.now();
    if (!this.stream.isTTY || now - this.drawn < INTERVAL_MS) return;
    this.drawn = now;
    const full = Math.round(share * WIDTH);
    const bar = '#'.repeat(full).padEnd(WIDTH, '.');
    const line = `${this.label} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} % ${detail}`;
    this.stream.write(`\r\x1b[2K${line.slice(0, (this.stream.columns ?? 80) - 1)}`);
    this.isVisible = true;
  };

  [Symbol.dispose](): void {
    if (this.isVisible) this.stream.write('\r\x1b[2K');
    this.isVisible = false;
  }
}
