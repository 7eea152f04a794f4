// How far a frame of mel looks: the same stretch, decoded with less and less of the sentence about it.
//
//   node ablate-context.mjs [TEXT]     writes context.svg
import { loadAcoustic, VoirsPipeline } from 'voirs';
import { plotLines } from './plot.mjs';

const [text = 'A sentence long enough that its middle has many frames on either side of it.'] =
  process.argv.slice(2);
const pipeline = await VoirsPipeline.create();
const { sentences } = await pipeline.prepare(text);
await pipeline.dispose();
const acoustic = await loadAcoustic();
const { tokens } = sentences[0];
const whole = await acoustic.mel(tokens);
const { durations, pitches, energies, frames, mel } = whole;

/** First frame of each token, and the end of the last. */
const starts = [0];
for (const duration of durations) starts.push(starts.at(-1) + duration);
/** The token in the middle whose frames are compared. */
const middle = durations.findIndex((duration, n) => duration > 1 && starts[n] >= frames / 2);
const wanted = mel.values.slice(starts[middle] * mel.bands, starts[middle + 1] * mel.bands);

const rows = [];
for (let reach = 0; reach <= middle && middle + reach < tokens.length; reach++) {
  // Tokens further away get no frames: the decoder sees the stretch and `reach` tokens on either side.
  const kept = durations.map((duration, n) => (Math.abs(n - middle) <= reach ? duration : 0));
  const from = starts[middle] - starts[middle - reach];
  const stretch = { from, to: from + durations[middle] };
  const part = await acoustic.mel(tokens, { durations: kept, pitches, energies, frames: stretch });
  const context = Math.min(from, starts[middle + reach + 1] - starts[middle + 1]);
  const error = part.mel.values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
  part.dispose();
  if (rows.at(-1)?.x === context) rows.pop();
  rows.push({ name: 'largest error', x: context, y: Math.max(error, 1e-7) });
  if (context > 2 * acoustic.contextFrames) break;
}
for (const { x, y } of rows) console.log(`${x} frames: ${y.toExponential(1)}`);
console.log(`the model says that ${acoustic.contextFrames} frames reach a frame`);
await plotLines(
  'context.svg',
  {
    title: `Error of ln mel by context; the model states ${acoustic.contextFrames} frames`,
    ...{ x: 'frames of context on the shorter side', y: 'largest error', hasPoints: true },
    scale: { type: 'log' },
  },
  rows,
);
whole.dispose();
await acoustic.dispose();
