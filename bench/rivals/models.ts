// The rivals that are at hand, for every bench in Node that puts some beside us.
import { isUnavailable } from '../lib/unavailable.js';
import { rivals } from './all.js';
import type { Rival } from './rival.js';

/** The rivals that can be had here; a note for each that cannot. */
export async function openRivals(notes: string[]): Promise<Rival[]> {
  const opened: Rival[] = [];
  for (const [name, open] of Object.entries(rivals)) {
    const rival = await open();
    if (isUnavailable(rival)) notes.push(`${name} not measured: ${rival.unavailable}`);
    else opened.push(rival);
  }
  return opened;
}
