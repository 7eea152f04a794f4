// How a text is read: one set of options for plain text, for text in pieces and for SSML.

/** Options of reading; each has a default. */
export interface ReadingOptions {
  /**
   * `full` (default) reads numbers, dates, abbreviations and so on; `plain` reads words only, and leaves out
   * the rest with a warning.
   */
  preprocessing?: 'full' | 'plain';
  /**
   * What happens to writing in a script that the voice cannot read: `error` (default) throws
   * UNSUPPORTED_TEXT, `skip` leaves it out with a warning.
   */
  unsupported?: 'error' | 'skip';
  /**
   * What happens to emoji: `skip` (default) leaves them out with a warning, `name` reads their English names
   * (Unicode CLDR short names).
   */
  emoji?: 'skip' | 'name';
}
