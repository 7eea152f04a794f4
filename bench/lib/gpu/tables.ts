// What bench gpu prints of the engines' answers.
import { agreement } from '../matrix/agreement.js';
import type { Table } from '../report.js';
import { summarize } from '../statistics.js';
import type { GpuEngine, GpuResult } from './engines.js';
import type { GpuRow } from './task.js';

type Results = ReadonlyMap<GpuEngine, GpuResult>;

/** Parity, vocoder, speech and the engines; a row that failed has a note. */
export function gpuTables(
  results: Results,
  samples: readonly { engine: GpuEngine; samples: Float32Array }[],
  notes: string[],
): Table[] {
  const goldens = [...results].flatMap(([{ title }, { parity }]) =>
    parity.map(([golden, maxAbs, meanAbs, snr]): Table['rows'][number] => [
      title,
      golden,
      maxAbs,
      meanAbs,
      snr ?? Number.POSITIVE_INFINITY,
    ]),
  );
  const [first, ...others] = samples;
  const pairs = others.map(({ engine, samples: other }): Table['rows'][number] => {
    const { maxAbs, meanAbs, snr } = agreement(first!.samples, other);
    return [engine.title, `one piece, against ${first!.engine.title}`, maxAbs, meanAbs, snr];
  });
  return [
    {
      title: 'parity: goldens of PyTorch on a CPU',
      columns: ['engine', 'golden', 'max-abs', 'mean-abs', 'SNR dB'],
      rows: [...goldens, ...pairs],
    },
    timings('vocoder', 'pieces', results, 'vocoder', notes),
    timings('speech', 'texts', results, 'speech', notes),
    {
      title: 'engines',
      columns: ['engine', 'device', 'load ms', 'first run ms', 'peak RSS MiB', 'card MiB', 'versions'],
      rows: [...results].map(([{ title }, result]) => [
        title,
        result.device,
        result.loadMs,
        result.firstRunMs,
        result.peakRssBytes / 2 ** 20,
        result.peakCardMiB,
        Object.entries(result.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      ]),
    },
  ];
}

function timings(
  title: string,
  unit: string,
  results: Results,
  what: 'vocoder' | 'speech',
  notes: string[],
): Table {
  const rows = [...results].flatMap(([engine, result]) =>
    result[what].map((row) => timingRow(engine.title, row, `${title}, ${unit}`, notes)),
  );
  const columns = ['engine', 'form', unit, 'audio s', 'wall ms', 'IQR ms', 'RTF', 'x real time'];
  return { title, columns, rows };
}

function timingRow(
  engine: string,
  { form, count, audioSeconds, wallMs, failed }: GpuRow,
  what: string,
  notes: string[],
): Table['rows'][number] {
  if (failed !== undefined) {
    notes.push(`${engine}, ${what} ${count} (${form}): failed: ${failed}`);
    return [engine, form, count, null, null, null, null, null];
  }
  const { median, iqr } = summarize(wallMs);
  const rtf = median / 1000 / audioSeconds;
  return [engine, form, count, audioSeconds, median, iqr, rtf, 1 / rtf];
}
