// Which of several backends an automatic choice takes: the one that is fastest at a trial of some
// milliseconds, a fixed graph of the operations that the models spend their time in. A process measures once.
import * as tf from '#tf';
import type { Backend } from './backend.js';
import type { Layer, LinearSpec } from './ops.js';

/** A backend that could be taken; `gpu` names the device that it says it would run on. */
export interface Candidate {
  name: string;
  gpu?: string;
}

/** Time that a backend needed for the trial. */
interface Trial {
  name: string;
  ms: number;
}

/** The part of a BackendHold (registry.ts) that a choice needs. */
interface Hold {
  readonly backend: Backend;
  release(): Promise<void>;
}

/** Trials of this process by candidates and threads; only those in which every candidate was measured. */
const measuredBefore = new Map<string, readonly Trial[]>();

/**
 * A hold on the fastest of the candidates, and why it was chosen; undefined when none loads. The reasons
 * against the others are added to `reasons`.
 */
export async function fastest<H extends Hold>(
  candidates: readonly Candidate[],
  numThreads: number,
  acquire: (name: string) => Promise<H>,
  reasons: string[],
): Promise<{ hold: H; choice: string } | undefined> {
  const names = candidates.map(({ name, gpu }) => (gpu === undefined ? name : `${name} on ${gpu}`));
  const key = [`${numThreads} threads`, ...names].join(', ');
  const before = measuredBefore.get(key);
  const winner = before?.[0];
  if (before && winner) {
    try {
      return { hold: await acquire(winner.name), choice: sentence(before, 'measured before') };
    } catch {
      // It loaded then and does not now: all are tried again, which adds the reason.
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
  // A candidate that failed may work next time.
  if (trials.length === candidates.length) measuredBefore.set(key, trials);
  return { hold: best.hold, choice: sentence(trials, 'measured now') };
}

function sentence([best, ...rest]: readonly Trial[], when: string): string {
  const own = `${best!.name} is the fastest that loads here: ${best!.ms.toFixed(1)} ms for a trial`;
  const others = rest.map(({ name, ms }) => `, ${name} ${ms.toFixed(1)}`).join('');
  return `${own}${others} (${when})`;
}

const CHANNELS = 32;
/** Rows and taps of the convolution: a residual one of the vocoder, with many taps. */
const ROWS = 4096;
const TAPS = 7;
/** Phonemes of the sentence that attention runs over. */
const TOKENS = 128;
const RUNS = 5;
/** No further run begins after this time: fewer runs are enough to recognise a slow backend. */
const ENOUGH_MS = 200;

const wave = (length: number, scale: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(i) * scale);

function linear(): LinearSpec {
  return { weight: wave(CHANNELS * CHANNELS, 0.1), inChannels: CHANNELS, outChannels: CHANNELS };
}

/**
 * Milliseconds that the graph takes, from input to values on the host: the fastest of up to five runs, after
 * one that compiles kernels and shaders.
 * @throws the backend's errors.
 */
function trialMs(backend: Backend): Promise<number> {
  return backend.queue.run(async () => {
    let convolution: Layer<'conv1d'> | undefined;
    let attention: Layer<'attention'> | undefined;
    const [rows, tokens] = backend.run((ops) => {
      convolution = ops.prepareConv1d({
        weight: wave(CHANNELS * CHANNELS * TAPS, 0.05),
        inChannels: CHANNELS,
        outChannels: CHANNELS,
        kernel: TAPS,
        padding: (TAPS - 1) / 2,
        leakyIn: 0.1,
      });
      attention = ops.prepareAttention({ heads: 2, q: linear(), k: linear(), v: linear(), out: linear() });
      return [
        tf.tensor3d(wave(ROWS * CHANNELS, 1), [1, ROWS, CHANNELS]),
        tf.tensor3d(wave(TOKENS * CHANNELS, 1), [1, TOKENS, CHANNELS]),
      ] as [tf.Tensor3D, tf.Tensor3D];
    });
    try {
      const times: number[] = [];
      const started = performance.now();
      for (let run = 0; run <= RUNS; run++) {
        const began = performance.now();
        if (times.length > 0 && began - started > ENOUGH_MS) break;
        const results = backend.run((ops) => [
          ops.conv1d(rows, convolution!, rows),
          ops.attention(tokens, attention!, tokens),
        ]);
        try {
          // Some backends have computed only when the values arrive.
          for (const result of results) await backend.read(result, new Float32Array(result.size));
        } finally {
          for (const result of results) result.dispose();
        }
        if (run > 0) times.push(performance.now() - began);
      }
      return Math.min(...times);
    } finally {
      for (const one of [rows, tokens, convolution, attention]) one?.dispose();
    }
  });
}
