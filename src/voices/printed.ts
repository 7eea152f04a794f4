// Error messages show what was found in a file, and a hostile file would like that to be endless.

const LONGEST = 80;

/** A JSON value in at most 80 characters, "nothing" for undefined. */
export function printed(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? 'nothing';
  } catch {
    return 'a value nested beyond reason'; // JSON.parse copes with depths at which JSON.stringify overflows the stack
  }
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text;
}
