// From which version of each browser on everything exists that the code for pages uses.
import features from '../lib/compat/features.json' with { type: 'json' };
import { DATA_VERSION, entryAt, entryOf, since } from '../lib/compat/support.js';
import { type PartOfPage, usedInterfaces } from '../lib/compat/used.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description =
  'from which version of each browser on everything exists that the code for pages uses';

const BROWSERS = [
  'chrome',
  'edge',
  'firefox',
  'safari',
  'safari_ios',
  'chrome_android',
  'samsunginternet_android',
];

export const options = {
  browsers: { kind: 'names', of: BROWSERS, default: BROWSERS, does: 'browsers, as the data names them' },
} as const satisfies Options;

/** What each row needs: parts of the code, and features that no interface shows. */
const ROWS: Readonly<Record<string, { parts: PartOfPage[]; groups: (keyof typeof features)[] }>> = {
  'speech in a page': { parts: ['speech'], groups: ['syntax', 'wasm'] },
  'in a worker': { parts: ['speech', 'worker'], groups: ['syntax', 'wasm', 'worker'] },
  threads: { parts: ['speech', 'threads'], groups: ['syntax', 'wasm', 'threads'] },
  'in a service worker': { parts: ['speech'], groups: ['syntax', 'wasm', 'service worker'] },
  player: { parts: ['player'], groups: ['syntax'] },
  '<voirs-speech>': { parts: ['player', '<voirs-speech>'], groups: ['syntax'] },
};

const shown = (version: number): string =>
  version === Number.POSITIVE_INFINITY ? 'not yet' : version === 0 ? 'all' : String(version);

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { browsers } = parseOptions(options, args);
  const facts = environment({ seed: 0, warmups: 0, runs: 1 });
  const used = await usedInterfaces();
  const optional = new Set(Object.keys(features.optional).map(entryAt));
  const unknown = new Set<string>();
  /** [name, since when] of all that a row needs. */
  const needs = (row: string, browser: string): [string, number][] => {
    const { parts, groups } = ROWS[row]!;
    const named = groups.flatMap((group) =>
      Object.keys(features[group]).map((path): [string, number] => [path, since(entryAt(path)!, browser)]),
    );
    const found = parts.flatMap((part) => [...used.get(part)!.keys()]);
    for (const name of new Set(found)) {
      const entry = entryOf(name);
      if (entry === undefined) unknown.add(name);
      else if (!optional.has(entry)) named.push([name, since(entry, browser)]);
    }
    return named.sort(([, a], [, b]) => b - a);
  };
  const cell = (row: string, browser: string): string => {
    const all = needs(row, browser);
    const newest = all
      .filter(([, version]) => version === all[0]![1])
      .map(([name]) => name.split('.').slice(-2).join('.'));
    return `${shown(all[0]![1])} (${newest.slice(0, 2).join(', ')})`;
  };
  const required: Table = {
    title: 'needed',
    columns: ['what', ...browsers],
    rows: Object.keys(ROWS).map((row) => [row, ...browsers.map((browser) => cell(row, browser))]),
  };
  const better: Table = {
    title: 'used where it exists',
    columns: ['what', ...browsers, 'for'],
    rows: Object.entries(features.optional).map(([path, reason]) => [
      path,
      ...browsers.map((browser) => shown(since(entryAt(path)!, browser))),
      reason,
    ]),
  };
  const count = new Set([...used.values()].flatMap((names) => [...names.keys()])).size;
  const notes = [
    `${DATA_VERSION}; ${count} interfaces used, of which it has no entry for ${unknown.size}: ${[...unknown].sort().join(' ')}`,
  ];
  return { name: 'compat', environment: facts, tables: [required, better], notes };
}
