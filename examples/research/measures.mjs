// What the experiments measure: how far a vocoder's speech is from the mel and the pitch that it was given.
import { existsSync } from 'node:fs';
import { estimateF0, melSpectrogram } from 'voirs';

/**
 * Mean absolute difference of audio's mel from another, in its logarithm, over the frames that both have.
 * @param {import('voirs').VoirsAudio} audio
 * @param {import('voirs').Mel} mel
 */
export function melDistance(audio, mel) {
  const own = melSpectrogram(audio, mel.form);
  const length = Math.min(own.values.length, mel.values.length);
  let sum = 0;
  for (let i = 0; i < length; i++) sum += Math.abs(own.values[i] - mel.values[i]);
  own.dispose();
  return sum / length;
}

/**
 * Pitch heard in audio against the pitch asked for, [T] Hz: root mean square in cents over frames that sound voiced.
 * @param {import('voirs').VoirsAudio} audio
 * @param {ArrayLike<number>} asked
 * @param {import('voirs').MelForm} form
 */
export function f0Error(audio, asked, form) {
  const { hz, voiced } = estimateF0(audio, form);
  let [sum, count] = [0, 0];
  hz.forEach((f, t) => {
    if (!voiced[t] || asked[t] === undefined) return;
    sum += (1200 * Math.log2(f / asked[t])) ** 2;
    count += 1;
  });
  return count === 0 ? Number.NaN : Math.sqrt(sum / count);
}

/**
 * DNSMOS (overall, 1 to 5) of WAV files, by the judge of the project's quality bench; undefined, and told, without it.
 * @param {{ path: string, reference: string }[]} files
 */
export async function dnsmos(files) {
  const root = new URL('../../', import.meta.url);
  if (!existsSync(new URL('.cache/venvs/judge/requirements.installed', root))) {
    console.log('SKIP DNSMOS: its judge is not here; npm run bench -- quality installs it in a checkout');
    return undefined;
  }
  const { tsImport } = await import('tsx/esm/api');
  const { judge } = await tsImport(new URL('bench/lib/quality/judge.ts', root).href, import.meta.url);
  return (await judge(files)).map(({ overall }) => overall);
}
