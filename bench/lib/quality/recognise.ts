// Word error rates by pocketsphinx: starts wer.py in its own Python environment.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cachePath } from '../cache.js';
import { lastLines, runProgram } from '../program.js';
import { ensureVenv } from '../python.js';
import { isUnavailable } from '../unavailable.js';

/** One audio file and what it should say. */
export interface Spoken {
  /** Which total it counts towards: `recorded`, `synthesised`. */
  set: string;
  id: string;
  path: string;
  reference: string;
}

/** The recogniser's result for one set of files. */
export interface WordErrors {
  /** (substitutions + deletions + insertions) / words of the references. */
  wer: number;
  words: number;
  substitutions: number;
  deletions: number;
  insertions: number;
  sentences: { id: string; reference: string; heard: string; wer: number }[];
}

/**
 * Recognises the files and scores them by set.
 *
 * @throws Error where Python or the recogniser is not available.
 */
export async function wordErrors(spoken: readonly Spoken[]): Promise<Record<string, WordErrors>> {
  const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
  const venv = await ensureVenv('quality', here('requirements.txt'));
  if (isUnavailable(venv)) throw new Error(`no recogniser: ${venv.unavailable}`);
  const list = cachePath('quality', 'list.tsv');
  const lines = spoken.map(({ set, id, path, reference }) => [set, id, path, reference].join('\t'));
  writeFileSync(list, `${lines.join('\n')}\n`);
  const result = await runProgram(venv.python, [here('wer.py'), list]);
  if (result.code !== 0) throw new Error(`recognition failed: ${lastLines(result.stderr)}`);
  return JSON.parse(result.stdout) as Record<string, WordErrors>;
}
