// What a tolerant reader of markup passed over, by kind, with the first places of each: so that an author finds
// them, and a long document gives a bounded number of warnings.
import { excerpt, lineAndColumn } from './ssml-error.js';

const MOST = { kinds: 40, places: 3 } as const;

/** Collects notices of one document. */
export class PassedOver {
  private readonly kinds = new Map<string, { places: string[]; count: number }>();

  constructor(private readonly source: string) {}

  /** @param what such as "passed over, <amazon:effect>". */
  add(what: string, offset: number): void {
    const known = this.kinds.get(what);
    if (!known && this.kinds.size >= MOST.kinds) return;
    const entry = known ?? { places: [], count: 0 };
    this.kinds.set(what, entry);
    entry.count += 1;
    if (entry.count > MOST.places) return;
    const { line, column } = lineAndColumn(this.source, offset);
    entry.places.push(`line ${line}, column ${column}`);
  }

  list(): string[] {
    return [...this.kinds].map(([what, { places, count }]) => {
      const more = count > places.length ? `, and ${count - places.length} more` : '';
      return `${what}, at ${places.join('; ')}${more}`;
    });
  }
}

/** A tag as a warning names it. */
export function tagNamed(name: string, attribute?: string, value = ''): string {
  if (attribute === undefined) return `<${excerpt(name)}>`;
  return `<${excerpt(name)} ${excerpt(attribute)}=${JSON.stringify(excerpt(value))}>`;
}
