// What ffmpeg, which is not ours, makes of our files.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FFMPEG_ADVICE, hasFfmpeg } from '../../scripts/ffmpeg.mjs';

export const HERE = hasFfmpeg();
if (!HERE) console.log(`SKIP no ffmpeg: ${FFMPEG_ADVICE}`);

function run(program: string, args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { maxBuffer: 2 ** 28 });
  if (status !== 0 || stderr.length > 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

function withFile<T>(bytes: Uint8Array, extension: string, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-test-'));
  try {
    const path = join(folder, `audio.${extension}`);
    writeFileSync(path, bytes);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Samples as ffmpeg decodes them, interleaved. @param input options that describe a file without header. */
export function decoded(bytes: Uint8Array, extension: string, input: readonly string[] = []): Float32Array {
  return withFile(bytes, extension, (path) => {
    const out = run('ffmpeg', ['-v', 'error', ...input, '-i', path, '-f', 'f32le', '-']);
    return new Float32Array(new Uint8Array(out).buffer);
  });
}

/** A file, and the options that describe one without header. */
export interface Encoded {
  bytes: Uint8Array;
  input: readonly string[];
}

/** `decoded` of several files of one kind by one process, which takes longer to start than to decode. */
export function decodedEach(files: readonly Encoded[], extension: string): Float32Array[] {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-test-'));
  try {
    const at = (n: number, end: string): string => join(folder, `${n}.${end}`);
    for (const [n, { bytes }] of files.entries()) writeFileSync(at(n, extension), bytes);
    run('ffmpeg', [
      ...['-v', 'error'],
      ...files.flatMap(({ input }, n) => [...input, '-i', at(n, extension)]),
      ...files.flatMap((_, n) => ['-map', `${n}:a`, '-f', 'f32le', at(n, 'f32')]),
    ]);
    return files.map((_, n) => new Float32Array(new Uint8Array(readFileSync(at(n, 'f32'))).buffer));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What ffprobe says of a file. */
export interface Probe {
  streams: {
    codec_name: string;
    sample_rate: string;
    channels: number;
    duration?: string;
    tags?: Record<string, string>;
  }[];
  format: { format_name: string; duration?: string; tags?: Record<string, string> };
  chapters: { start_time: string; end_time: string; tags?: Record<string, string> }[];
}

export function probe(bytes: Uint8Array, extension: string): Probe {
  return withFile(bytes, extension, (path) =>
    JSON.parse(
      run('ffprobe', [
        '-v',
        'error',
        '-of',
        'json',
        '-show_streams',
        '-show_format',
        '-show_chapters',
        path,
      ]).toString(),
    ),
  );
}

/** Signal to noise in dB of samples against those wanted. */
export function snr(got: Float32Array, wanted: Float32Array): number {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < wanted.length; i++) {
    signal += wanted[i]! ** 2;
    noise += (wanted[i]! - (got[i] ?? 0)) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}
