// voirs voice check: whether a voice's tensors are those that its models ask for, and whether it makes what its goldens say.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import type { Backend } from '../../backends/backend.js';
import { readSafetensors } from '../../checkpoints/safetensors.js';
import { shown, throwIfAborted, VoirsError } from '../../errors.js';
import type { AcousticModel, Vocoder } from '../../models/model.js';
import { loadGenerator } from '../../vocoder/hifigan.js';
import { vocoderOf } from '../../voices/catalog.js';
import { goldenDifferences, isNoisy, type StageDifference } from '../../voices/golden.js';
import { table } from '../print.js';
import { isSound, lookAt, type PartReport, partsOf } from './parts.js';
import type { Source } from './source.js';

/** How a voice fares; the exit codes of the command. */
export const CHECK_CODES = { good: 0, unreadable: 1, misfit: 3, differs: 4 } as const;
type CheckResult = keyof typeof CHECK_CODES;

/** A golden, and how far the voice is from it. */
interface GoldenReport {
  golden: string;
  backend: string;
  limit: number;
  stages: StageDifference[];
  /** The largest difference of all. */
  difference: number;
  /** Why it was not run. */
  skipped?: string;
}

export interface CheckReport {
  path: string;
  kind: Source['kind'];
  parts: PartReport[];
  goldens: GoldenReport[];
  notes: readonly string[];
  result: CheckResult;
}

export interface CheckOptions {
  /** Goldens besides those that the voice has. */
  goldens: readonly string[];
  backend: Backend;
  limit: number;
  signal: AbortSignal;
}

/** @throws VoirsError INVALID_WEIGHTS for a golden that cannot be read; what is wrong with the voice is in the report. */
export async function checkSource(
  source: Source,
  path: string,
  { goldens: given, backend, limit, signal }: CheckOptions,
): Promise<CheckReport> {
  const parts: PartReport[] = [];
  for (const part of partsOf(source)) {
    throwIfAborted(signal);
    parts.push(await lookAt(part));
  }
  const notes = source.kind === 'vocoder' ? source.checkpoint.notes : (source.files.notes ?? []);
  const report = { path, kind: source.kind, parts, notes };
  if (!parts.every(isSound)) {
    const result = parts.some(({ error }) => error !== undefined) ? 'unreadable' : 'misfit';
    return { ...report, goldens: [], result };
  }
  const goldens: GoldenReport[] = [];
  const files = [...goldensOf(source), ...given];
  const noisy = source.kind !== 'vocoder' && isNoisy(source.files.manifest);
  if (files.length > 0) {
    using models = await loadModels(source, backend);
    for (const file of files) {
      throwIfAborted(signal);
      const golden = basename(file);
      const about = { golden, backend: backend.name, limit };
      if (noisy) {
        const skipped = 'the voice adds noise of its own: goldens are made with noise scales of 0';
        goldens.push({ ...about, stages: [], difference: 0, skipped });
        continue;
      }
      const manifest = source.kind === 'vocoder' ? undefined : source.files.manifest;
      const stages = await goldenDifferences(models, manifest, readGolden(file));
      const difference = Math.max(...stages.map((one) => one.difference));
      goldens.push({ ...about, stages, difference });
    }
  }
  const differs = goldens.some((one) => !(one.difference <= limit));
  return { ...report, goldens, result: differs ? 'differs' : 'good' };
}

/** Goldens that lie beside a model: golden/*.safetensors, golden.safetensors, NAME.golden.safetensors. */
function goldensOf({ path }: Source): string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const folder = isFolder ? path : dirname(path);
  const inner = join(folder, 'golden');
  const several = existsSync(inner)
    ? readdirSync(inner)
        .filter((name) => name.endsWith('.safetensors'))
        .map((name) => join(inner, name))
    : [];
  const named = `${path.slice(0, path.length - extname(path).length)}.golden.safetensors`;
  const single = [join(folder, 'golden.safetensors'), named].filter((file) => existsSync(file));
  return [...new Set([...several.sort(), ...single])];
}

function readGolden(path: string): ReturnType<typeof readSafetensors>['tensors'] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    throw new VoirsError('IO_ERROR', `${basename(path)} cannot be read`, {
      got: (cause as NodeJS.ErrnoException).code ?? 'an error',
      suggestion: 'Check the path',
      cause,
    });
  }
  return readSafetensors(bytes, { source: basename(path) }).tensors;
}

interface LoadedModels extends Disposable {
  acoustic?: AcousticModel;
  vocoder?: Vocoder | undefined;
}

/** The models on a backend; the vocoder that the medium tier has. */
async function loadModels(source: Source, backend: Backend): Promise<LoadedModels> {
  if (source.kind === 'vocoder') {
    const { config, tensors, source: file } = source.checkpoint;
    const vocoder = loadGenerator(backend, config, tensors, file);
    return { vocoder, [Symbol.dispose]: () => vocoder.dispose() };
  }
  const { files } = source;
  const { acoustic: entry, vocoders } = files.manifest;
  const acoustic = entry.model.load(backend, (await files.tensors(entry)).tensors, entry.file);
  try {
    const own = vocoders.size === 0 ? undefined : vocoderOf(files.manifest, 'medium');
    const vocoder = own?.model.load(backend, (await files.tensors(own)).tensors, own.file);
    return {
      acoustic,
      vocoder,
      [Symbol.dispose]: () => {
        acoustic.dispose();
        vocoder?.dispose();
      },
    };
  } catch (error) {
    acoustic.dispose();
    throw error;
  }
}

const MOST_LISTED = 20;

/** The report in words. */
export function checkText({ parts, goldens, notes, result }: CheckReport): string {
  const rows = parts.map((one) => [
    ...[one.part, one.type, `${one.tensors}`, `${one.weights}`],
    Object.keys(one.stored).join(' '),
    ...[one.missing, one.misshapen, one.unknown].map((list) => `${list.length}`),
  ]);
  const head = ['part', 'type', 'tensors', 'weights', 'stored', 'missing', 'misshapen', 'unknown'];
  const lines = [table(head, rows)];
  for (const one of parts) {
    if (one.error !== undefined) lines.push('', `${one.part}: ${one.error}`);
    const wrong = [
      ...one.missing.map((name) => `missing    ${shown(name)}`),
      ...one.misshapen.map(({ name, got, wanted }) => `misshapen  ${shown(name)} ${got}, wanted ${wanted}`),
      ...one.unknown.map((name) => `unknown    ${shown(name)}`),
      ...one.notFinite.map((name) => `no numbers ${shown(name)}`),
    ];
    if (wrong.length > 0) lines.push('', `${one.part}:`, ...wrong.slice(0, MOST_LISTED));
    if (wrong.length > MOST_LISTED) lines.push(`... and ${wrong.length - MOST_LISTED} more (--json has all)`);
  }
  for (const { golden, backend, limit, stages, skipped } of goldens) {
    lines.push('', `${golden} on ${backend}, largest difference, limit ${limit}:`);
    if (skipped !== undefined) lines.push(`  not run: ${skipped}`);
    else {
      const figures = stages.map(({ stage, difference }) => [
        `  ${stage}`,
        Number.isFinite(difference) ? difference.toExponential(1) : 'another length',
        difference <= limit ? '' : 'too far',
      ]);
      lines.push(table(['  stage', 'difference', ''], figures));
    }
  }
  if (notes.length > 0) lines.push('', ...notes.map((note) => `note: ${note}`));
  const ran = goldens.filter((one) => one.skipped === undefined).length;
  const words: Record<CheckResult, string> = {
    good: `The tensors fit${ran > 0 ? `, and ${ran === 1 ? 'the golden is' : `${ran} goldens are`} met` : '; there is no golden to compare with'}.`,
    unreadable: 'A file cannot be read.',
    misfit: 'The tensors are not those that the models ask for.',
    differs: 'The voice does not make what its goldens say.',
  };
  return [...lines, '', words[result]].join('\n');
}
