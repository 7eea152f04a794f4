// Naturalness by neural judges: starts judge.py in its own Python environment and keeps what it said. A file
// that is judged again gets the same figures, so that a run that was broken off goes on where it stopped.
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../cache.js';
import { lastLines, runProgram } from '../program.js';
import { ensureVenv, type PythonEnvironment } from '../python.js';
import { isUnavailable } from '../unavailable.js';

/** What the judges say of one file. */
export interface Judgement {
  /** DNSMOS P.835, 1 to 5. */
  overall: number;
  signal: number;
  background: number;
  /** DNSMOS P.808, 1 to 5. */
  p808: number;
  /** Words of the reference. */
  words: number;
  /** Substitutions, deletions and insertions of Whisper-base. */
  errors: number;
  heard: string;
}

/** One audio file and the text it speaks. */
export interface Judged {
  path: string;
  reference: string;
}

/** Judged by one process; what it has said is kept when a later one fails. */
const BATCH = 60;

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/**
 * The environment of judge.py, plot.py and intonation.py.
 *
 * @throws Error where Python or a package is not available.
 */
export async function judgeEnvironment(): Promise<PythonEnvironment> {
  const venv = await ensureVenv('judge', here('judge-requirements.txt'));
  if (isUnavailable(venv)) throw new Error(`no judges: ${venv.unavailable}`);
  return venv;
}

/** Names a file's content, its text and the judge. */
function keyOf({ path, reference }: Judged, judge: string): string {
  return createHash('sha256').update(judge).update(reference).update(readFileSync(path)).digest('hex');
}

function keptJudgements(path: string): Map<string, Judgement> {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  return new Map(lines.filter(Boolean).map((line) => JSON.parse(line) as [string, Judgement]));
}

/**
 * The judgements of the files, in their order.
 *
 * @throws Error where Python or a judge is not available.
 */
export async function judge(files: readonly Judged[]): Promise<Judgement[]> {
  const { python } = await judgeEnvironment();
  const program =
    readFileSync(here('judge.py'), 'utf8') + readFileSync(here('judge-requirements.txt'), 'utf8');
  const keys = files.map((file) => keyOf(file, program));
  const store = cachePath('quality', 'judgements.jsonl');
  const kept = keptJudgements(store);
  const open = files.map((file, i) => ({ file, key: keys[i]! })).filter(({ key }) => !kept.has(key));
  for (let from = 0; from < open.length; from += BATCH) {
    const batch = open.slice(from, from + BATCH);
    console.error(`judging ${from + 1} to ${from + batch.length} of ${open.length} files`);
    const list = cachePath('quality', 'judged.tsv');
    writeFileSync(list, batch.map(({ file }) => `${file.path}\t${file.reference}\n`).join(''));
    const result = await runProgram(python, [here('judge.py'), list]);
    if (result.code !== 0) throw new Error(`judging failed: ${lastLines(result.stderr)}`);
    for (const [i, line] of result.stdout.trim().split('\n').entries()) {
      const { key } = batch[i]!;
      kept.set(key, JSON.parse(line) as Judgement);
      appendFileSync(store, `${JSON.stringify([key, kept.get(key)])}\n`);
    }
  }
  return keys.map((key) => kept.get(key)!);
}
