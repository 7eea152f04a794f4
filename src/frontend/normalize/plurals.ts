// Plurals of number words: the nineties, two sixes, seven forty sevens.

/** Makes the last word plural: "nineteen ninety" -> "nineteen nineties". */
export function pluralWords(words: string): string {
  if (words.endsWith('y')) return `${words.slice(0, -1)}ies`;
  return /x$/.test(words) ? `${words}es` : `${words}s`;
}
