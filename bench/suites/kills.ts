// Whether a batch that is killed at any instant ends, resumed, byte for byte as an undisturbed one: at random steps of
// its work on files, at random times, in PID namespaces where numbers repeat, and on a full disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../lib/environment.js';
import { KilledBatches, type KillReport, killOnFullDisk, namespaces } from '../lib/kills/batches.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'kills batches at random instants and compares what they end with';

export const options = {
  kills: {
    kind: 'count',
    default: 40,
    does: 'kills without a namespace; a quarter of them in each namespace',
  },
  seed: { kind: 'count', default: 20, does: 'of the instants' },
} as const satisfies Options;

/** @throws Error when a batch ends otherwise than the undisturbed one. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { kills, seed } = parseOptions(options, args);
  const folder = mkdtempSync(join(tmpdir(), 'voirs-kills-'));
  try {
    const batches = await KilledBatches.prepare(folder);
    const reports: [where: string, report: KillReport][] = [];
    const out = (name: string) => (batch: number) => join(folder, `${name}${batch}`);
    reports.push(['this machine', await batches.kill({ kills, seed, out: out('killed') })]);
    for (const [n, [where, wrapper]] of namespaces().entries()) {
      const some = { kills: Math.ceil(kills / 4), seed: seed + 1 + n, out: out(`isolated${n}-`), wrapper };
      reports.push([`a PID namespace with ${where}`, await batches.kill(some)]);
    }
    const full = await killOnFullDisk(batches, { kills: Math.ceil(kills / 8), seed: seed + 10 });
    if (full) reports.push(['a full disk', full]);
    const problems = reports.flatMap(([where, report]) => report.problems.map((one) => `${where}: ${one}`));
    if (problems.length > 0) throw new Error(problems.join('\n'));
    return {
      name: 'kills',
      environment: environment({ seed, runs: kills, warmups: 0 }),
      tables: [
        {
          title: 'Batches that were killed and ended byte for byte as the undisturbed one',
          columns: ['where', 'kills', 'batches', 'kills between rows', 'other files'],
          rows: reports.map(([where, report]) => [
            where,
            report.kills.length,
            report.batches,
            report.kills.filter(({ rows }) => rows > 0).length,
            report.problems.length,
          ]),
        },
      ],
      notes: [`seed ${seed}; a kill "half" writes one half of what the program writes, and dies`],
      data: { reports: Object.fromEntries(reports) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
