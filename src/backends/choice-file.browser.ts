// Measured trials of backends in a page: it has no files, so they last as long as the page does.
import type { Trial } from './choice.js';

const known = new Map<string, readonly Trial[]>();

/** Nothing outlives the page, so there is nothing to turn off. */
export const forgetsChoices = (): boolean => false;
export const machineName = (): string => 'this browser';
export const keptTrials = (key: string): readonly Trial[] | undefined => known.get(key);
export const keepTrials = (key: string, trials: readonly Trial[]): void => void known.set(key, trials);
