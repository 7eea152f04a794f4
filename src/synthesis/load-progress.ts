// Follows the loading of a pipeline: tells its stages, and ends it when the caller asks for that.
import type { CreateOptions, LoadProgress } from '../config.js';
import { throwIfAborted } from '../errors.js';

/** The loading of one pipeline. */
export class Loading {
  private loadedBytes = 0;
  private totalBytes = 0;
  private failure: { error: unknown } | undefined;

  constructor(private readonly options: Pick<CreateOptions, 'signal' | 'onProgress'>) {}

  /** Sets the bytes of weights that there are to read. */
  expect(bytes: number): void {
    this.totalBytes = bytes;
  }

  /** For readers of files: never throws, because other pipelines may wait for the same weights. */
  readonly onBytes = (bytes: number): void => {
    this.loadedBytes += bytes;
    this.tell('weights');
  };

  /** Ends a stage. @throws VoirsError ABORTED; what the caller's `onProgress` threw. */
  done(stage: LoadProgress['stage']): void {
    throwIfAborted(this.options.signal);
    this.tell(stage);
    if (this.failure) throw this.failure.error;
    throwIfAborted(this.options.signal);
  }

  private tell(stage: LoadProgress['stage']): void {
    if (this.failure || this.options.signal?.aborted) return;
    const { loadedBytes, totalBytes } = this;
    try {
      this.options.onProgress?.({ stage, loadedBytes, totalBytes });
    } catch (error) {
      this.failure = { error };
    }
  }
}

/**
 * The result of `load`, or ABORTED as soon as the signal fires; what comes of it later is then freed.
 * @throws VoirsError ABORTED.
 */
export async function unlessAborted<T extends AsyncDisposable>(
  load: () => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  throwIfAborted(signal);
  const loading = load();
  if (!signal) return loading;
  let stop = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    stop = () => resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    const first = await Promise.race([loading, aborted]);
    if (first) return first;
    loading.then((late) => late[Symbol.asyncDispose]()).catch(() => {}); // the caller no longer waits for it
    throwIfAborted(signal);
    return await loading;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
