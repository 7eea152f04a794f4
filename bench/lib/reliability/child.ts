// The parent's half of a process under load: starts it, asks it questions, and fails when it has ended by itself.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { repositoryRoot } from '../cache.js';
import { SETTLED_NODE } from '../fresh/start.js';

interface Answer {
  id: number;
  answer?: unknown;
  error?: string;
}

export class Child {
  private readonly asked = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>();
  private ids = 0;
  private isEnding = false;
  /** The last lines that it wrote to stderr. */
  private said = '';

  private constructor(
    private readonly name: string,
    private readonly process: ChildProcess,
  ) {
    process.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-4000);
    });
    process.on('message', ({ id, answer, error }: Answer) => {
      const waiting = this.asked.get(id);
      this.asked.delete(id);
      if (error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(`${name}: ${error}`));
    });
    process.on('exit', (code, signal) => {
      const error = new Error(`the ${name} has ended with ${signal ?? code}: ${this.said}`);
      for (const { reject } of this.asked.values()) reject(error);
      if (!this.isEnding) this.asked.clear();
    });
  }

  /** Starts bench/lib/reliability/NAME.mjs. @throws Error with its last words where it does not start. */
  static async start(name: 'server' | 'library', input: object): Promise<Child> {
    const program = join(repositoryRoot, 'bench', 'lib', 'reliability', `${name}.mjs`);
    const child = new Child(
      name,
      fork(program, [JSON.stringify(input)], {
        execArgv: SETTLED_NODE,
        stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
      }),
    );
    await child.answer(0);
    return child;
  }

  /** Whether it lives. */
  get isAlive(): boolean {
    return this.process.exitCode === null && this.process.signalCode === null;
  }

  /** What it wrote to stderr last. */
  get lastWords(): string {
    return this.said;
  }

  /** @throws Error when it fails, or has ended. */
  ask<Given>(question: string, value?: unknown): Promise<Given> {
    if (!this.isAlive) return Promise.reject(new Error(`the ${this.name} has ended: ${this.said}`));
    const id = ++this.ids;
    const answer = this.answer(id);
    this.process.send({ id, question, value });
    return answer as Promise<Given>;
  }

  /** Lets it end by itself. @returns what it says of that. */
  async end<Given>(): Promise<Given> {
    this.isEnding = true;
    const ended = once(this.process, 'exit');
    const answer = await this.ask<Given>('end');
    await ended;
    return answer;
  }

  kill(): void {
    this.isEnding = true;
    this.process.kill('SIGKILL');
  }

  private answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }
}
