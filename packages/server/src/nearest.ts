// A misspelt name is answered with the one that was probably meant.
import { nearestName } from 'voirs';

/** ` Did you mean X?`, or nothing. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  return near === undefined ? '' : `. Did you mean ${near}?`;
}
