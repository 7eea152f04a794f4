// The NVIDIA card that bench gpu runs on, and the most of its memory that a process takes. Both come from
// nvidia-smi, a part of the driver, so that every engine is measured by the same instrument.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { lastLines, runProgram } from '../program.js';
import type { Unavailable } from '../unavailable.js';

const MILLISECONDS = 100;

/** The driver's description of a card. */
export interface Card {
  name: string;
  driver: string;
  memoryMiB: number;
  computeCapability: string;
}

/** The first card that programs here may use: its number or UUID. */
function visibleCard(): string {
  return process.env.CUDA_VISIBLE_DEVICES?.split(',')[0]?.trim() || '0';
}

const QUERY = ['name', 'driver_version', 'memory.total', 'compute_cap'] as const;

/** The card, or the reason why there is none. */
export async function findCard(): Promise<Card | Unavailable> {
  const query = [`--query-gpu=${QUERY.join(',')}`, '--format=csv,noheader,nounits', '-i', visibleCard()];
  const { code, stdout, stderr } = await runProgram('nvidia-smi', query);
  if (code !== 0) {
    const reason = code === null ? 'there is no nvidia-smi' : lastLines(stdout + stderr, 1);
    return {
      unavailable: `no NVIDIA card answers: ${reason}; install its driver, or start the container with it`,
    };
  }
  const [name = '', driver = '', memory = '', computeCapability = ''] = stdout
    .trim()
    .split('\n')[0]!
    .split(',')
    .map((part) => part.trim());
  return { name, driver, memoryMiB: Number(memory), computeCapability };
}

/** Follows the card's memory while an engine runs. Other programs on the card would be counted too. */
export class CardWatch {
  private before: number | undefined;
  private peak = 0;

  private constructor(private readonly child: ChildProcess) {
    // The error of a program that cannot be started; there are then no figures.
    child.on('error', () => {});
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const used = Number(line.trim());
      if (!Number.isFinite(used) || line.trim() === '') return;
      this.before ??= used;
      this.peak = Math.max(this.peak, used);
    });
  }

  /** Begins with the memory in use now. Undefined where there is no card. */
  static async start(): Promise<CardWatch | undefined> {
    if ('unavailable' in (await findCard())) return undefined;
    const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits', '-i', visibleCard()];
    const every = ['-lms', String(MILLISECONDS)];
    const watch = new CardWatch(
      spawn('nvidia-smi', [...query, ...every], { stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    for (let tries = 0; watch.before === undefined && tries < 50; tries++) {
      await new Promise((resolve) => setTimeout(resolve, MILLISECONDS));
    }
    return watch;
  }

  /** Ends it. @returns MiB taken at most since the start; null where nothing could be read. */
  async stop(): Promise<number | null> {
    const ended = new Promise((resolve) => this.child.once('close', resolve));
    if (this.child.exitCode === null && this.child.kill()) await ended;
    return this.before === undefined ? null : this.peak - this.before;
  }
}
