// The Redis that a bench of the queue starts for itself, what it costs, and what happens when it gets less of a
// processor than it needs.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort, startRedis } from '../../../scripts/redis.mjs';

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Seconds of processor time of a process and its threads. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Keeps every command on the disk once a second, as Redis does by default when its AOF is on. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'everysec'];

/** Stops a process for `off` ms, lets it run for `on` ms, and so on; a thread of its own, so that the beat is even. */
const THROTTLE = `
const [pid, on, off] = process.argv.slice(1).map(Number);
const cell = new Int32Array(new SharedArrayBuffer(4));
process.on('SIGTERM', () => {});
for (;;) {
  process.kill(pid, 'SIGSTOP');
  Atomics.wait(cell, 0, 0, off);
  process.kill(pid, 'SIGCONT');
  Atomics.wait(cell, 0, 0, on);
}`;

/** A server that lives as long as the bench. */
export class BenchRedis implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly port: number,
    private readonly child: ChildProcess,
    private readonly client: Redis,
    readonly version: string,
  ) {}

  static async start(): Promise<BenchRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'voirs-bench-queue-'));
    const port = await freePort();
    const child = await startRedis(port, folder, DURABLE);
    child.stdout!.resume();
    const client = new Redis(port);
    const version = /redis_version:(\S+)/.exec(await client.info('server'))?.[1] ?? 'unknown';
    return new BenchRedis(folder, port, child, client, version);
  }

  /** Address of a database of its own. */
  url(database: number): string {
    return `redis://127.0.0.1:${this.port}/${database}`;
  }

  /** Seconds of processor time so far. */
  cpu(): number {
    return cpuSeconds(this.child.pid!);
  }

  /** Bytes of what is kept: data, and buffers of clients. */
  async memory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(await this.client.info('memory'))![1]);
  }

  async connections(): Promise<number> {
    return Number(/connected_clients:(\d+)/.exec(await this.client.info('clients'))![1]) - 1;
  }

  /** Commands so far, those within scripts too. */
  async commands(): Promise<number> {
    return Number(/total_commands_processed:(\d+)/.exec(await this.client.info('stats'))![1]);
  }

  /** Lets the server run for a share of the time, 0 to 1, until the caller ends it. */
  throttle(share: number): () => Promise<void> {
    const period = 100; // ms
    const args = [this.child.pid!, Math.max(1, period * share), period * (1 - share)].map(String);
    const beat = spawn(process.execPath, ['-e', THROTTLE, ...args], { stdio: 'ignore' });
    return async () => {
      beat.kill('SIGKILL');
      await once(beat, 'exit');
      this.child.kill('SIGCONT');
    };
  }

  async clear(): Promise<void> {
    await this.client.flushall();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.disconnect();
    this.child.kill();
    await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Versions of what the queue is made of. */
export function queueVersions(redis: BenchRedis): Record<string, string> {
  const require = createRequire(import.meta.url);
  const of = (name: string): string =>
    (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string })
      .version;
  return { Redis: redis.version, BullMQ: of('bullmq'), ioredis: of('ioredis') };
}
