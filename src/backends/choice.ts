// Which of several backends an automatic choice takes: the one that is fastest at a small trial, measured once on a
// machine for a version of the package, and kept.
import type { Backend } from './backend.js';
import { forgetsChoices, keepTrials, keptTrials, machineName } from './choice-file.js';
import { trialMs } from './trial.js';

/** A backend that could be taken; `gpu` names the device that it says it would run on. */
export interface Candidate {
  name: string;
  gpu?: string;
}

/** What a backend needed for the trial. */
export interface Trial {
  name: string;
  ms: number;
}

interface Hold {
  readonly backend: Backend;
  release(): Promise<void>;
}

/**
 * A hold on the fastest of the candidates, and why it is that one; undefined when none loads. Whatever speaks against a
 * candidate is added to `reasons`.
 */
export async function fastest<H extends Hold>(
  candidates: readonly Candidate[],
  numThreads: number,
  acquire: (name: string) => Promise<H>,
  reasons: string[],
): Promise<{ hold: H; choice: string } | undefined> {
  const names = candidates.map(({ name, gpu }) => (gpu === undefined ? name : `${name} on ${gpu}`));
  const key = [machineName(), `${numThreads} threads`, ...names].join(', ');
  const isKept = !forgetsChoices();
  const before = isKept ? keptTrials(key) : undefined;
  const winner = before?.[0];
  if (winner && candidates.some(({ name }) => name === winner.name)) {
    try {
      return { hold: await acquire(winner.name), choice: sentence(before!, 'measured before') };
    } catch {
      // It loaded then and does not now: all are tried anew, and the reason is told there.
    }
  }
  const measured: { trial: Trial; hold: H }[] = [];
  for (const { name, gpu } of candidates) {
    let hold: H | undefined;
    try {
      hold = await acquire(name);
      if (gpu !== undefined && hold.backend.usesGpu === false) throw new Error('it runs on the CPU here');
      measured.push({ hold, trial: { name, ms: await trialMs(hold.backend) } });
    } catch (error) {
      reasons.push(`${name}: ${(error as Error).message}`);
      await hold?.release();
    }
  }
  measured.sort((one, other) => one.trial.ms - other.trial.ms);
  const [best, ...rest] = measured;
  for (const { hold } of rest) await hold.release();
  if (!best) return undefined;
  const trials = measured.map(({ trial }) => trial);
  // One that failed may work next time.
  if (isKept && trials.length === candidates.length) keepTrials(key, trials);
  return { hold: best.hold, choice: sentence(trials, 'measured now') };
}

function sentence([best, ...rest]: readonly Trial[], when: string): string {
  const own = `${best!.name} is the fastest that loads here: ${best!.ms.toFixed(1)} ms for a trial`;
  const others = rest.map(({ name, ms }) => `, ${name} ${ms.toFixed(1)}`).join('');
  return `${own}${others} (${when})`;
}
