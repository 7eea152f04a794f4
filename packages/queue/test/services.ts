// Real servers and workers for the tests of the queue: Redis on loopback, workers in processes of their own. All of
// them end with the test.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort, hasRedis, REDIS_ADVICE, startRedis } from '../../../scripts/redis.mjs';
import type { QueueWorkerOptions, WorkerEvent } from '../src/index.js';

export const HAS_REDIS = hasRedis();
if (!HAS_REDIS) console.log(`SKIP no Redis: ${REDIS_ADVICE}`);

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition without a limit of its own: the runner of the tests has one. */
export async function until<T>(
  found: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  for (;;) {
    const value = await found();
    if (value !== undefined && value !== false) return value;
    await pause(50);
  }
}

const children = new Set<ChildProcess>();
const folders: string[] = [];
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  for (const path of folders) rmSync(path, { recursive: true, force: true });
});

/** Ends with the test, if nothing ends it before. */
function kept(child: ChildProcess): ChildProcess {
  children.add(child);
  child.on('exit', () => children.delete(child));
  return child;
}

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** A folder that goes with the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'voirs-queue-'));
  folders.push(path);
  return path;
}

/** A server that keeps every command on the disk, as docs/queue.md says. */
export class RedisServer {
  private child: ChildProcess | undefined;
  readonly data = folder();

  private constructor(readonly port: number) {}

  static async start(): Promise<RedisServer> {
    const server = await RedisServer.notYet();
    await server.start();
    return server;
  }

  /** One that has its address and does not answer yet. */
  static async notYet(): Promise<RedisServer> {
    return new RedisServer(await freePort());
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(options: string[] = []): Promise<void> {
    const durable = ['--appendonly', 'yes', '--appendfsync', 'always'];
    this.child = kept(await startRedis(this.port, this.data, [...durable, ...options]));
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child) await kill(this.child, signal);
  }
}

/** A worker that can be killed. */
export class WorkerProcess implements AsyncDisposable {
  readonly events: WorkerEvent[] = [];
  isClosed = false;

  private constructor(readonly child: ChildProcess) {}

  static async start(
    options: QueueWorkerOptions & { clockJumpsMs?: number[]; poison?: string },
  ): Promise<WorkerProcess> {
    const program = fileURLToPath(new URL('worker-process.mjs', import.meta.url));
    const worker = new WorkerProcess(
      kept(
        spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['ignore', 'pipe', 'inherit'] }),
      ),
    );
    await new Promise<void>((resolve, reject) => {
      worker.child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
      createInterface(worker.child.stdout!).on('line', (line) => {
        const event = JSON.parse(line) as WorkerEvent | { event: 'ready' } | { event: 'closed' };
        if (event.event === 'ready') resolve();
        else if (event.event === 'closed') worker.isClosed = true;
        else worker.events.push(event);
      });
    });
    return worker;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    await kill(this.child, signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop('SIGKILL');
  }

  /** Resolves when it has ended, for whatever reason. */
  async ended(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
  }
}
