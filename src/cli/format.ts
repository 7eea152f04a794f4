// Figures and tables as people read them.

/** Seconds with the digits that matter: `0.12 s`, `12.3 s`. */
export function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
}

/** Bytes in MB (2^20). */
export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** Rows in columns that line up; columns of numbers to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((row) => (row[c] ?? '').length)));
  const isNumber = head.map(
    (_, c) => rows.length > 0 && rows.every((row) => /^[-\d.,]*( \w+)?$/.test(row[c] ?? '')),
  );
  return all
    .map((row) =>
      widths
        .map((width, c) => (isNumber[c] ? (row[c] ?? '').padStart(width) : (row[c] ?? '').padEnd(width)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
