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

/** A pitch that is further off than this is a gross error: mostly an octave that the estimate took wrongly. */
const GROSS_CENTS = 1200 * Math.log2(1.2);

/**
 * Pitch heard in audio against the pitch asked for, [T] Hz, over frames that sound voiced: root mean square in cents, and
 * the share of frames that are more than 20 % off, which the first leaves out.
 * @param {import('voirs').VoirsAudio} audio
 * @param {ArrayLike<number>} asked
 * @param {import('voirs').MelForm} form
 */
export function f0Error(audio, asked, form) {
  const { hz, voiced } = estimateF0(audio, form);
  const off = [...hz.entries()]
    .filter(([t]) => voiced[t] && asked[t] !== undefined)
    .map(([t, f]) => Math.abs(1200 * Math.log2(f / asked[t])));
  const fine = off.filter((cents) => cents <= GROSS_CENTS);
  const square = fine.reduce((sum, cents) => sum + cents ** 2, 0) / fine.length;
  return { cents: Math.sqrt(square), gross: 1 - fine.length / off.length };
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
