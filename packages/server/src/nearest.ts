// A misspelt name is answered with the one that was probably meant.
import { closest, distance } from 'fastest-levenshtein';

/** The one of `known` that `name` is probably a slip of; undefined where none is near. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const given = name.slice(0, 80).toLowerCase();
  if (known.length === 0) return undefined;
  const found = closest(given, [...known]);
  return distance(given, found) <= Math.ceil(found.length / 3) ? found : undefined;
}

/** ` Did you mean X?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? '' : `. Did you mean ${near}?`;
}
