// Which part of a long text stands in the field: a browser lays out a field as a whole, and that of a book takes it a
// quarter of a second, again and again.

/** Characters of a part at least, but for the last, and at most. */
const LEAST = 16_000;
export const MOST = 24_000;

/** A text in parts, and the one that stands in the field. */
export interface Parts {
  text: string;
  /** Where each part begins; the first is 0. */
  starts: readonly number[];
  index: number;
}

/** Where a text is best parted, as far behind the start of a window as possible. */
const JOINTS = ['\n\n', '\n', '. ', ' '];

function joint(text: string, start: number): number {
  const near = text.slice(start + LEAST, start + MOST);
  for (const sign of JOINTS) {
    const at = near.lastIndexOf(sign);
    if (at >= 0) return start + LEAST + at + sign.length;
  }
  const isSplit = /[\uD800-\uDBFF]$/.test(near) && /^[\uDC00-\uDFFF]/.test(text.slice(start + MOST));
  return start + MOST - (isSplit ? 1 : 0);
}

function startsOf(text: string): number[] {
  const starts = [0];
  while (text.length - starts.at(-1)! > MOST) starts.push(joint(text, starts.at(-1)!));
  return starts;
}

/** @param place an offset of the text that stands in the part of the field. */
export function partsOf(text: string, place = 0): Parts {
  const starts = startsOf(text);
  return {
    text,
    starts,
    index: Math.max(
      0,
      starts.findLastIndex((start) => start <= place),
    ),
  };
}

export const showing = (parts: Parts, index: number): Parts => ({
  ...parts,
  index: Math.min(parts.starts.length - 1, Math.max(0, index)),
});

export const startOf = ({ starts, index }: Parts): number => starts[index]!;

export const endOf = ({ text, starts, index }: Parts): number => starts[index + 1] ?? text.length;

/** What stands in the field. */
export const fieldOf = (parts: Parts): string => parts.text.slice(startOf(parts), endOf(parts));

/**
 * After the field has been written in: the other parts stay as they are, until this one has grown so long that all are
 * parted anew.
 * @param caret offset in the field, whose part is then the one in the field.
 */
export function written(parts: Parts, field: string, caret: number): Parts {
  const [start, end] = [startOf(parts), endOf(parts)];
  const text = parts.text.slice(0, start) + field + parts.text.slice(end);
  if (field.length > 2 * MOST) return partsOf(text, start + caret);
  const more = field.length - (end - start);
  const starts = parts.starts.map((at, n) => (n > parts.index ? at + more : at));
  return { text, starts, index: parts.index };
}
