// What a file in bench/suites exports, so that `npm run bench -- NAME` finds and explains it.
import type { Options } from './options.js';
import type { Report } from './report.js';

/** How a suite is called. */
export interface SuiteOptions {
  /** The command line after the suite's name, without --json. */
  args: string[];
}

/** A suite's module: `export const description`, `export const options`, `export async function run`. */
export interface Suite {
  /** One line for the list. */
  description: string;
  options: Options;
  /** @throws Error on an unknown option or value. */
  run(options: SuiteOptions): Promise<Report>;
}
