// A bullet or an item's number at the start of a line: two stages must agree on what is one.

/** Matches at the start of a line: "- ", "* ", "• ", "1. ", "2) ", "(a) ", "# ". Test at most eight characters. */
export const LIST_MARKER = /^(?:[-*+•‣◦▪●■–—]\s|\(?(?:\d{1,3}|[a-zA-Z])\)\s|\d{1,3}\.\s|#{1,6}\s|>\s|\|)/;
