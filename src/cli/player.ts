// Plays audio through a program of the system: Node has no sound of its own.
import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { VoirsError } from '../errors.js';

/** Programs that play a WAV from their input, in order of preference. */
const PLAYERS: readonly { name: string; args: readonly string[] }[] = [
  { name: 'pw-play', args: ['-'] },
  { name: 'paplay', args: [] },
  { name: 'aplay', args: ['-q', '-'] },
  { name: 'ffplay', args: ['-nodisp', '-autoexit', '-loglevel', 'error', '-i', '-'] },
  { name: 'play', args: ['-q', '-t', 'wav', '-'] },
];

function programOf(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {} // not there
  }
  return undefined;
}

/** A running player. */
export class Player implements AsyncDisposable {
  private readonly ended: Promise<number | null>;
  private stderr = '';
  private failure: Error | undefined;
  private isDone = false;

  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.stderr!.on('data', (piece: Buffer) => {
      if (this.stderr.length < 2000) this.stderr += piece.toString();
    });
    child.stdin!.on('error', () => {}); // its end tells why
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => {
        this.failure = error;
        resolve(null);
      });
      child.on('close', (code) => {
        this.isDone = true;
        resolve(code);
      });
    });
  }

  /** @throws VoirsError IO_ERROR where the system has no player. */
  static start(): Player {
    for (const { name, args } of PLAYERS) {
      const path = programOf(name);
      if (path) return new Player(name, spawn(path, args, { stdio: ['pipe', 'ignore', 'pipe'] }));
    }
    throw new VoirsError('IO_ERROR', 'There is no program that plays audio', {
      wanted: PLAYERS.map(({ name }) => name).join(', '),
      suggestion: 'Install one of them (Debian: alsa-utils has aplay), or write a file with -o',
    });
  }

  /** Gives it bytes; waits when it has enough. @throws VoirsError IO_ERROR when it has stopped. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.isDone) throw await this.broken();
    if (this.child.stdin!.write(bytes)) return;
    await Promise.race([
      new Promise<void>((resolve) => this.child.stdin!.once('drain', resolve)),
      this.ended,
    ]);
  }

  /** Waits until all has been played. @throws VoirsError IO_ERROR. */
  async finish(): Promise<void> {
    this.child.stdin!.end();
    if ((await this.ended) !== 0) throw await this.broken();
  }

  private async broken(): Promise<VoirsError> {
    const code = await this.ended;
    return new VoirsError('IO_ERROR', `${this.name} could not play the audio`, {
      got: this.failure?.message ?? (this.stderr.trim().split('\n').at(-1) || `exit code ${code}`),
      suggestion: 'Check the sound device, or write a file with -o',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.isDone) this.child.kill();
  }
}
