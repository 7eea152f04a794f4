// The result of a bench and its two printed forms: markdown for people, one line of JSON for programs.
import { describeEnvironment, type Environment } from './environment.js';

/** A table; numbers are printed with three significant digits, the JSON keeps all. */
export interface Table {
  title: string;
  columns: string[];
  rows: (string | number | null)[][];
}

/** The result of one suite. */
export interface Report {
  name: string;
  environment: Environment;
  tables: Table[];
  /** Remarks: tools that were not available, provisional figures, missed targets. */
  notes: string[];
  /** Further data for programs, by name. */
  data?: Record<string, unknown>;
}

/** Three significant digits, integers from 1,000 up; null (not measured) as a dash. */
export function formatCell(value: string | number | null): string {
  if (value === null) return '-';
  if (typeof value === 'string') return value.replaceAll('|', '\\|');
  if (!Number.isFinite(value)) return String(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US');
  return Math.abs(value) < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** A table in GitHub's markdown, columns aligned; a column whose cells are numbers is set flush right. */
export function markdownTable({ columns, rows }: Table): string {
  const cells = [columns, ...rows.map((row) => row.map(formatCell))];
  const widths = columns.map((_, c) => Math.max(3, ...cells.map((row) => row[c]!.length)));
  const isNumeric = columns.map((_, c) => rows.some((row) => typeof row[c] === 'number'));
  const line = (row: string[]) =>
    `| ${row.map((cell, c) => (isNumeric[c] ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join(' | ')} |`;
  const rule = widths.map((width, c) => (isNumeric[c] ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [line(cells[0]!), line(rule), ...cells.slice(1).map(line)].join('\n');
}

/** Prints a report as markdown; with `json`, then as one JSON object on the last line. */
export function printReport(report: Report, options: { json: boolean }): void {
  console.log(`# ${report.name}\n\n${describeEnvironment(report.environment)}`);
  for (const table of report.tables) console.log(`\n## ${table.title}\n\n${markdownTable(table)}`);
  if (report.notes.length > 0) console.log(`\n${report.notes.map((note) => `- ${note}`).join('\n')}`);
  if (options.json) console.log(JSON.stringify(report));
}
