// Collects what the frontend left out, counted by kind so that a long text cannot flood its caller.
import type { Span } from '../utterance.js';

/** Spans listed one by one for each kind of warning before they are only counted. */
const LISTED = 10;

export class WarningList {
  readonly #kinds = new Map<string, { shown: string[]; count: number }>();

  /** Notes that `excerpt`, which stands at the span, met with `kind`. */
  add(kind: string, excerpt: string, [start, end]: Span): void {
    const entry = this.#kinds.get(kind) ?? { shown: [], count: 0 };
    this.#kinds.set(kind, entry);
    entry.count += 1;
    if (entry.count > LISTED) return;
    entry.shown.push(`${JSON.stringify(excerpt)} at ${start}-${end}`);
  }

  list(): string[] {
    return [...this.#kinds].map(([kind, { shown, count }]) => {
      const more = count > shown.length ? `, and ${count - shown.length} more` : '';
      return `${kind}: ${shown.join(', ')}${more}`;
    });
  }
}
