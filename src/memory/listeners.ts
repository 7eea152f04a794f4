// Telling whoever listens, without ever being harmed by them: what a listener throws is the host's to report, and a
// reader that falls behind misses events instead of piling them up.
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';

export type Listener<E> = (event: E) => void;

/** Options of a stream of events. */
export interface EventStreamOptions {
  /** Ends the stream. */
  signal?: AbortSignal;
  /** Events kept for a reader that is behind, the latest; 1 or more. Default 100. */
  most?: number;
}

/** The listeners of one kind of event, in the order in which they came. */
export class Listeners<E> {
  private readonly all = new Set<Listener<E>>();
  private readonly onClose = new Set<() => void>();
  private isClosed = false;

  get isEmpty(): boolean {
    return this.all.size === 0;
  }

  /** One that is there already is not added again. @throws VoirsError INVALID_OPTIONS, DISPOSED after `close`. */
  add(listener: Listener<E>): void {
    if (typeof listener !== 'function') {
      throw new VoirsError('INVALID_OPTIONS', 'A listener is not a function', { got: typeof listener });
    }
    this.throwIfClosed();
    this.all.add(listener);
  }

  delete(listener: Listener<E>): void {
    this.all.delete(listener);
  }

  /** Tells all; those that throw, or return a promise that fails, hinder nobody. */
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

  /** The events from now on. It ends when it is left, at `close`, or when the signal aborts. @throws VoirsError INVALID_OPTIONS, DISPOSED. */
  stream({ signal, most = 100 }: EventStreamOptions = {}): AsyncIterableIterator<E> {
    if (!Number.isInteger(most) || most < 1) {
      throw new VoirsError('INVALID_OPTIONS', 'The number of events kept is out of range', {
        got: String(most),
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
      this.all.add(listener);
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

  /** Ends all streams, after what they still hold, and forgets all listeners. */
  close(): void {
    this.isClosed = true;
    for (const end of [...this.onClose]) end();
    this.all.clear();
  }

  private throwIfClosed(): void {
    if (this.isClosed) throw new VoirsError('DISPOSED', 'It was listened to after dispose()');
  }
}

/** @throws VoirsError INVALID_OPTIONS for an event that there is not. */
export function mustBeEvent(name: string, known: string): void {
  if (name === known) return;
  throw new VoirsError('INVALID_OPTIONS', 'There is no such event', { got: String(name), wanted: known });
}
