// Delivers events to listeners and streams, so that a listener cannot harm the work it listens to: an error
// it throws is reported by the host, and a reader that falls behind misses events instead of piling them up.
import { optionNames, refuseOtherThan, refuseUnknown, shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';

export type Listener<E> = (event: E) => void;

/** Options of a stream of events. */
export interface EventStreamOptions {
  /** Ends the stream. */
  signal?: AbortSignal;
  /** Events kept for a reader that is behind, the latest; 1 or more. Default 100. */
  most?: number;
}

const STREAM_OPTIONS = optionNames<EventStreamOptions>({ signal: true, most: true });

/** The listeners and streams of one event, in the order in which they were added. */
export class Listeners<E> {
  private readonly all = new Set<Listener<E>>();
  private readonly onClose = new Set<() => void>();
  private isClosed = false;

  /**
   * @param event its public name, which `on` and `off` are called with.
   * @param onFirst called before a listener is added while there is none.
   */
  constructor(
    private readonly event: string,
    private readonly onFirst: () => void = () => {},
  ) {}

  get isEmpty(): boolean {
    return this.all.size === 0;
  }

  /**
   * Adds a listener, once however often it is given.
   * @throws VoirsError INVALID_OPTIONS for another event or what is no function, DISPOSED after `close`.
   */
  on(event: string, listener: Listener<E>): void {
    refuseOtherThan([this.event], event, 'event');
    if (typeof listener !== 'function')
      throw new VoirsError('INVALID_OPTIONS', 'A listener is not a function', { got: shown(listener) });
    this.add(listener);
  }

  /** Takes a listener off. @throws VoirsError INVALID_OPTIONS for another event. */
  off(event: string, listener: Listener<E>): void {
    refuseOtherThan([this.event], event, 'event');
    this.all.delete(listener);
  }

  /**
   * Calls every listener; the host reports what one throws, or what its promise rejects with, and the others
   * go on.
   */
  emit(event: E): void {
    for (const listener of [...this.all]) {
      try {
        const result: unknown = listener(event);
        if (result instanceof Promise) result.catch(host.report);
      } catch (error) {
        host.report(error);
      }
    }
  }

  /**
   * The events from now on. It ends when it is left, at `close`, or when the signal aborts.
   * @throws VoirsError INVALID_OPTIONS, DISPOSED.
   */
  stream(options: EventStreamOptions = {}): AsyncIterableIterator<E> {
    refuseUnknown(options, STREAM_OPTIONS, 'a stream of events');
    const { signal, most = 100 } = options;
    if (!Number.isInteger(most) || most < 1) {
      throw new VoirsError('INVALID_OPTIONS', 'The number of events kept is out of range', {
        got: shown(most),
        wanted: 'an integer of 1 or more',
      });
    }
    this.throwIfClosed();
    const events: E[] = [];
    const waiting: ((result: IteratorResult<E, void>) => void)[] = [];
    let isOpen = !signal?.aborted;
    const listener = (event: E): void => {
      const reader = waiting.shift();
      if (reader) {
        reader({ done: false, value: event });
        return;
      }
      events.push(event);
      if (events.length > most) events.shift();
    };
    const end = (): void => {
      isOpen = false;
      this.all.delete(listener);
      this.onClose.delete(end);
      signal?.removeEventListener('abort', end);
      for (const reader of waiting.splice(0)) reader({ done: true, value: undefined });
    };
    if (isOpen) {
      this.add(listener);
      this.onClose.add(end);
      signal?.addEventListener('abort', end);
    }
    return {
      next: () => {
        const event = events.shift();
        if (event !== undefined) return Promise.resolve({ done: false, value: event });
        if (!isOpen) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => waiting.push(resolve));
      },
      return: () => {
        events.length = 0;
        end();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** Ends all streams, which give the events they still hold, and takes all listeners off. */
  close(): void {
    this.isClosed = true;
    for (const end of [...this.onClose]) end();
    this.all.clear();
  }

  private add(listener: Listener<E>): void {
    this.throwIfClosed();
    if (this.isEmpty) this.onFirst();
    this.all.add(listener);
  }

  private throwIfClosed(): void {
    if (this.isClosed) throw new VoirsError('DISPOSED', `"${this.event}" was listened to after dispose()`);
  }
}
