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
}
