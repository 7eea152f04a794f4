// Draws the pitch of a sentence anew, speaks it, and plots the pitch that is heard beside the one that was asked for:
//
//   node edit-f0.mjs [TEXT]     writes f0-NAME.wav and f0.svg
import { estimateF0, loadVocoder, VoirsPipeline } from 'voirs';
import { f0Error } from './measures.mjs';
import { plotLines } from './plot.mjs';

const [text = 'The harbor was quiet before the boats came in.'] = process.argv.slice(2);
const pipeline = await VoirsPipeline.create();
const spoken = await pipeline.mel(text);
const vocoder = await loadVocoder();
const { f0, mel } = spoken;
const mean = Math.exp(spoken.logF0.reduce((sum, value) => sum + value, 0) / f0.length);
/** Each contour from the model's own, in Hz. */
const contours = {
  own: f0,
  flat: f0.map(() => mean),
  wider: f0.map((hz) => mean * (hz / mean) ** 1.8),
  'upside down': f0.map((hz) => mean * (mean / hz)),
};

const seconds = (frame) => (frame * vocoder.hop) / vocoder.sampleRate;
const rows = [];
for (const [name, asked] of Object.entries(contours)) {
  const audio = await vocoder.vocode(mel, { f0: asked });
  await audio.save(`f0-${name.replace(' ', '-')}.wav`);
  const heard = estimateF0(audio, mel.form);
  heard.hz.forEach((hz, t) => {
    rows.push({ name, kind: 'heard', x: seconds(t), y: heard.voiced[t] ? hz : null });
    rows.push({ name, kind: 'asked', x: seconds(t), y: asked[t] });
  });
  const { cents, gross } = f0Error(audio, asked, mel.form);
  const wrong = (100 * gross).toFixed(0);
  console.log(`${name}: heard within ${cents.toFixed(0)} cents (RMS), ${wrong} % of frames far off`);
  audio.dispose();
}
await plotLines('f0.svg', { title: text, x: 'seconds', y: 'F0, Hz' }, rows);
spoken.dispose();
await vocoder.dispose();
await pipeline.dispose();
