// Whether every backend says the same: whole utterances against the golden ones, and against each other.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment } from './environment.js';
import { agreement } from './matrix/agreement.js';
import { ask, ENGINES, type MatrixEngine, type SpeakAnswer, titleOf } from './matrix/engines.js';
import type { GoldenRow } from './matrix/goldens.js';
import type { Report, Table } from './report.js';
import type { SuiteOptions } from './suite.js';
import { isUnavailable } from './unavailable.js';

export const description =
  'every backend against every golden and against each other, as max-abs, mean-abs, SNR';

/** Spoken end to end by every backend; short, because the reference has to. */
const TEXTS = ['Yes.', 'Hello, world.'];

/** The tables of a parity run over the backends among `engines`. */
export async function parityTables(engines: readonly MatrixEngine[], notes: string[]): Promise<Table[]> {
  const ours = engines.filter(({ isRival }) => !isRival);
  const folder = mkdtempSync(join(tmpdir(), 'voirs-parity-'));
  try {
    const spoken: { engine: MatrixEngine; samples: Float32Array[] }[] = [];
    const goldens: Table['rows'] = [];
    for (const engine of ours) {
      const answer = await ask<SpeakAnswer>(engine, { do: 'speak', texts: TEXTS, folder });
      if (isUnavailable(answer)) {
        notes.push(`${titleOf(engine)}: not available: ${answer.unavailable}`);
        continue;
      }
      const samples = TEXTS.map(
        (_, i) => new Float32Array(readFileSync(join(folder, `${i}.f32`)).buffer.slice(0)),
      );
      spoken.push({ engine, samples });
      const rows = await ask<GoldenRow[]>(engine, { do: 'goldens' });
      if (isUnavailable(rows)) notes.push(rows.unavailable);
      else goldens.push(...rows.map((row): Table['rows'][number] => [titleOf(engine), ...row]));
    }
    const pairs: Table['rows'] = spoken.flatMap((one, i) =>
      spoken.slice(i + 1).flatMap((other) =>
        TEXTS.map((text, n): Table['rows'][number] => {
          const { maxAbs, meanAbs, snr } = agreement(one.samples[n]!, other.samples[n]!);
          return [titleOf(one.engine), titleOf(other.engine), text, maxAbs, meanAbs, snr];
        }),
      ),
    );
    const figures = ['max-abs', 'mean-abs', 'SNR dB'];
    return [
      {
        title: 'backends against the goldens (PyTorch)',
        columns: ['engine', 'golden', ...figures],
        rows: goldens,
      },
      {
        title: 'backends against each other, text to samples',
        columns: ['one', 'other', 'text', ...figures],
        rows: pairs,
      },
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error on an unknown option, or when a backend fails instead of being absent. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({ args, options: { backends: { type: 'string' } } });
  const wanted = values.backends?.split(',');
  const facts = environment({ seed: 0, warmups: 0, runs: 1 });
  const notes = [
    'goldens: mel or samples of the whole utterance, stage inputs from the golden, as test/parity does',
    'text to samples: a phase that sums F0 turns a difference of 1e-6 into a shift in time, so the pairs differ more',
  ];
  const engines = ENGINES.filter(({ name }) => wanted?.includes(name) ?? true);
  const tables = await parityTables(engines, notes);
  return { name: 'parity', environment: facts, tables, notes };
}
