// What a file in bench/ exports to be a suite that `npm run bench -- NAME` finds.
import type { Report } from './report.js';

/** How a suite is called. */
export interface SuiteOptions {
  /** The command line after the suite's name, without --json; the suite parses it with node:util's parseArgs. */
  args: string[];
}

/** A suite's module: `export const description`, `export async function run`. */
export interface Suite {
  /** One line for the list. */
  description: string;
  run(options: SuiteOptions): Promise<Report>;
}
