// What was left out of a text or read otherwise than it stands, for the warnings of a call.
import type { Span } from './utterance.js';

/** Spans listed one by one for each kind of warning before they are only counted. */
const LISTED = 10;

/** Collects what was left out, counted by kind so that a long text gives a bounded number of warnings. */
export class WarningList {
  private readonly kinds = new Map<string, { shown: string[]; count: number; first: number }>();

  /**
   * @param sourceOf where a span of the text that is read stands in what the caller wrote; default: there.
   */
  constructor(readonly sourceOf: (span: Span) => Span = (span) => span) {}

  /** Notes that `excerpt`, which stands at the span of the text that is read, met with `kind`. */
  add(kind: string, excerpt: string, span: Span): void {
    this.addAt(kind, excerpt, this.sourceOf(span));
  }

  /** The same for a span of what the caller wrote. */
  addAt(kind: string, excerpt: string, [start, end]: Span): void {
    const entry = this.kinds.get(kind) ?? { shown: [], count: 0, first: start };
    this.kinds.set(kind, entry);
    entry.count += 1;
    if (entry.count > LISTED) return;
    entry.shown.push(`${JSON.stringify(excerpt)} at ${start}-${end}`);
  }

  /** One warning for each kind, in the order of where they first stand. */
  list(): string[] {
    return [...this.kinds]
      .sort(([, a], [, b]) => a.first - b.first)
      .map(([kind, { shown, count }]) => {
        const more = count > shown.length ? `, and ${count - shown.length} more` : '';
        return `${kind}: ${shown.join(', ')}${more}`;
      });
  }
}
