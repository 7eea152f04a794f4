// espeak-ng in the form that bench/lib/fresh/speak.mjs calls: a process for each text, as its users start it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @param options { command, environment, voice }: the program, what it needs in its environment, its voice. */
export async function open({ command, environment, voice }) {
  return {
    speak(text) {
      const folder = mkdtempSync(join(tmpdir(), 'espeak-ng-'));
      const file = join(folder, 'audio.wav');
      const started = performance.now();
      // bash's `time` is the portable way to the processor time of one child.
      const script = 'TIMEFORMAT="%U %S"; time "$0" "$@"';
      const result = spawnSync('bash', ['-c', script, command, '-v', voice, '-w', file, '--', text], {
        encoding: 'utf8',
        env: { ...process.env, ...environment },
      });
      const wallMs = performance.now() - started;
      if (result.status !== 0) throw new Error(`espeak-ng failed: ${result.stderr}`);
      const [user, system] = result.stderr.trim().split('\n').at(-1).split(' ').map(Number);
      const bytes = readFileSync(file);
      rmSync(folder, { recursive: true });
      const count = (bytes.length - 44) >> 1;
      const samples = Float32Array.from({ length: count }, (_, i) => bytes.readInt16LE(44 + 2 * i) / 32768);
      return { samples, sampleRate: bytes.readUInt32LE(24), cpuSeconds: user + system, wallMs };
    },
  };
}
