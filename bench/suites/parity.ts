// Parity of the backends: whole utterances against the goldens, and against each other.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedNotes } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { agreement } from '../lib/matrix/agreement.js';
import {
  ask,
  BACKEND_NAMES,
  enginesHere,
  type MatrixEngine,
  type SpeakAnswer,
  titleOf,
} from '../lib/matrix/engines.js';
import type { GoldenRow } from '../lib/matrix/goldens.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';

export const description =
  'every backend against every golden and against each other, as max-abs, mean-abs, SNR';

export const options = {
  backends: { kind: 'names', of: BACKEND_NAMES, default: BACKEND_NAMES, does: 'only these' },
} as const satisfies Options;

/** Spoken end to end by every backend; short, because the reference is slow. */
const TEXTS = ['Yes.', 'Hello, world.'];

/** The reference speaks the first only; a software GPU, which takes minutes for it, none. */
const TEXT_COUNTS: Record<MatrixEngine['effort'], number> = { full: TEXTS.length, short: 1, least: 0 };

/** The tables of a parity run over the backends among `engines`. */
export async function parityTables(engines: readonly MatrixEngine[], notes: string[]): Promise<Table[]> {
  // A missing engine is explained once: by the caller that measures its speed, or in run().
  const ours = engines.filter(({ isRival, unavailable }) => !isRival && unavailable === undefined);
  const folder = mkdtempSync(join(tmpdir(), 'voirs-parity-'));
  try {
    const spoken: { engine: MatrixEngine; samples: Float32Array[] }[] = [];
    const goldens: Table['rows'] = [];
    for (const engine of ours) {
      console.error(`parity: ${titleOf(engine)}`);
      const texts = TEXTS.slice(0, TEXT_COUNTS[engine.effort]);
      const answer = await ask<SpeakAnswer>(engine, { do: 'speak', texts, folder });
      if (isUnavailable(answer)) {
        notes.push(`${titleOf(engine)}, text to samples: ${answer.unavailable}`);
      } else {
        const samples = texts.map(
          (_, i) => new Float32Array(readFileSync(join(folder, `${i}.f32`)).buffer.slice(0)),
        );
        spoken.push({ engine, samples });
      }
      const rows = await ask<GoldenRow[]>(engine, { do: 'goldens', effort: engine.effort });
      if (isUnavailable(rows)) notes.push(`${titleOf(engine)}, goldens: ${rows.unavailable}`);
      else goldens.push(...rows.map((row): Table['rows'][number] => [titleOf(engine), ...row]));
    }
    const pairs: Table['rows'] = spoken.flatMap((one, i) =>
      spoken.slice(i + 1).flatMap((other) =>
        TEXTS.slice(0, Math.min(one.samples.length, other.samples.length)).map(
          (text, n): Table['rows'][number] => {
            const { maxAbs, meanAbs, snr } = agreement(one.samples[n]!, other.samples[n]!);
            return [titleOf(one.engine), titleOf(other.engine), text, maxAbs, meanAbs, snr];
          },
        ),
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

/**
 * @throws Error on an unknown option or value. A backend that is absent or fails is a note with the reason.
 */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { backends } = parseOptions(options, args);
  const facts = environment({ seed: 0, warmups: 0, runs: 1 });
  const notes = [
    'goldens: mel or samples of the whole utterance, stage inputs from the golden, as test/parity does',
    'text to samples: a phase that sums F0 turns a difference of 1e-6 into a shift in time, so the pairs differ more',
    ...sharedNotes('voices/aspen', 'checkpoints/hifigan-lj-v2'),
  ];
  const engines = await enginesHere(backends);
  for (const engine of engines) {
    if (engine.unavailable !== undefined) notes.push(`${titleOf(engine)}: ${engine.unavailable}`);
  }
  const tables = await parityTables(engines, notes);
  return { name: 'parity', environment: facts, tables, notes };
}
