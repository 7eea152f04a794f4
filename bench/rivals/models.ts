// The rivals that are available, for every bench in Node that compares us with them.
import { isUnavailable } from '../lib/unavailable.js';
import { rivals } from './all.js';
import type { Rival } from './rival.js';

/** The rivals that can be installed here; a note for each that cannot. */
export async function openRivals(notes: string[]): Promise<Rival[]> {
  const opened: Rival[] = [];
  for (const [name, open] of Object.entries(rivals)) {
    const rival = await open();
    if (isUnavailable(rival)) notes.push(`${name} not measured: ${rival.unavailable}`);
    else opened.push(rival);
  }
  return opened;
}
