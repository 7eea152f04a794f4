// How a text is read: one set of options for plain text, for text in pieces and for SSML.

/** What may be left out of a text, with a warning. */
export type LeaveOut = 'code' | 'addresses' | 'citations' | 'brackets' | 'tables';

/** Options of reading; each has a default. */
export interface ReadingOptions {
  /**
   * `full` (default) reads numbers, dates, abbreviations, markup and so on; `plain` reads words only, and
   * leaves out the rest with a warning.
   */
  preprocessing?: 'full' | 'plain';
  /**
   * What happens to writing in a script that the voice cannot read. `skip` (default): Greek and Cyrillic words
   * are transliterated, other scripts are left out, both with a warning. `name`: as `skip`, but what would be
   * left out is read as the name of its script. `error`: throws UNSUPPORTED_TEXT.
   */
  unsupported?: 'skip' | 'name' | 'error';
  /**
   * What happens to emoji: `skip` (default) leaves them out with a warning, `name` reads their English names
   * (Unicode CLDR short names).
   */
  emoji?: 'skip' | 'name';
  /**
   * What is left out with a warning; default `citations`. `code`: blocks and spans of code. `addresses`: web
   * and mail addresses. `citations`: marks such as [1]. `brackets`: what is in brackets. `tables`: tables.
   */
  leaveOut?: readonly LeaveOut[];
  /** How numbers are read where the text does not say it. */
  numbers?: NumberReading;
  /** Seconds of silence, 0 to 60, in place of the usual. Breaks of markup win. */
  pauses?: Pauses;
}

/** How numbers are read; what is absent follows from the words around a number. */
export interface NumberReading {
  /**
   * Whole numbers that stand alone: `true` digit by digit ("four two one"), `pairs` two by two ("forty two
   * ten"), `false` as an amount, also where they look like a code.
   */
  digits?: boolean | 'pairs' | undefined;
  /** Four digits from 1100 to 2099: `true` always a year ("nineteen eighty four"), `false` never. */
  year?: boolean | undefined;
  /** The name of 0 among digits: "three oh five" or "three zero five". */
  zero?: 'oh' | 'zero' | undefined;
  /** Which comes first in 3/4/2025 and in 3/4 where it is a date. */
  dates?: 'month-first' | 'day-first' | undefined;
}

/** Silence between sentences. */
export interface Pauses {
  /** After a sentence; default 0.35. */
  sentence?: number | undefined;
  /** After a paragraph; default 0.7. */
  paragraph?: number | undefined;
}
