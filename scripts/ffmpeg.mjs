// Where the tests of audio formats find ffmpeg, and how a bare CI container gets it.
import { spawnSync } from 'node:child_process';
import { aptInstall } from './apt.mjs';

export const FFMPEG_ADVICE = 'install ffmpeg (Debian: apt-get install ffmpeg)';

export function hasFfmpeg() {
  return ['ffmpeg', 'ffprobe'].every((name) => spawnSync(name, ['-version']).status === 0);
}

export function ensureFfmpeg() {
  if (hasFfmpeg() || process.getuid?.() !== 0) return;
  console.error('voirs: installing ffmpeg for the tests of audio formats (once) ...');
  aptInstall('ffmpeg');
}
