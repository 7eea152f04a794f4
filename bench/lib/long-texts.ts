// Texts of any length for benches of the frontend: prose, and what a reader could stumble over.

/** A text of `length` characters that repeats a unit. */
export const repeated = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

/** By kind. */
export const PLAIN_TEXTS: Record<string, (length: number) => string> = {
  prose: (length) =>
    repeated(
      'The harbour was quiet that morning, and the boats lay still. Dr. Smith paid $5.20 for 3 km in 1999; by 3:05 pm he was gone. "Where to?" she asked. ',
      length,
    ),
  'one word': (length) => repeated('abcdefghij', length),
  'one number': (length) => repeated('1234567890', length),
  'no full stop': (length) => repeated('words and more words ', length),
  'dots without spaces': (length) => repeated('a.', length),
  'accents and emoji': (length) => repeated('café naïve 😀 ﬁne ', length),
};
