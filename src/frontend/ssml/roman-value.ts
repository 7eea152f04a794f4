// Roman numerals as the content of <say-as>, which mean a number in any language.

const VALUES: Readonly<Record<string, number>> = { I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 };

/** The value of a Roman numeral in capitals; undefined where the text is none. */
export function romanValue(text: string): number | undefined {
  if (!/^M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/.test(text) || text === '') {
    return undefined;
  }
  return [...text].reduce((sum, letter, i) => {
    const value = VALUES[letter]!;
    return sum + (value < (VALUES[text[i + 1] ?? ''] ?? 0) ? -value : value);
  }, 0);
}
