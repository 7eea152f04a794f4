// A speaker between two: the mean of their embeddings, written into the weights before they are loaded.
//
//   node average-speakers.mjs [TEXT] [ONE] [OTHER]     writes average-NAME.wav and average.svg
import { loadAcoustic, loadVocoder, VoirsPipeline } from 'voirs';
import { plotLines } from './plot.mjs';

const [text = 'Which of the two of us is speaking?', one = 'hazel', other = 'miles'] = process.argv.slice(2);
const pipeline = await VoirsPipeline.create({ voice: one });
const { sentences } = await pipeline.prepare(text);
const vocoder = await loadVocoder(undefined, { voice: one });
const plain = await loadAcoustic(undefined, { voice: one });
const [a, b] = [one, other].map((id) => plain.speakers.find((speaker) => speaker.id === id));

const averaged = await loadAcoustic(undefined, {
  voice: one,
  edit(tensors) {
    const { shape, data } = tensors.get('speaker.weight'); // [speakers, C]
    for (let c = 0; c < shape[1]; c++) {
      const [i, j] = [a.index * shape[1] + c, b.index * shape[1] + c];
      data[i] = (data[i] + data[j]) / 2;
    }
  },
});

const rows = [];
/** Speaks with a model; F0 comes as z-scores times the speaker's statistics, and `shift` moves it in ln Hz. */
async function speak(name, acoustic, speaker, shift = 0) {
  const spoken = await acoustic.mel(sentences[0].tokens, { speaker });
  const f0 = spoken.f0.map((hz) => hz * Math.exp(shift));
  const audio = await vocoder.vocode(spoken.mel, { f0 });
  await audio.save(`average-${name}.wav`);
  f0.forEach((y, t) => {
    rows.push({ name, x: (t * vocoder.hop) / vocoder.sampleRate, y });
  });
  const mean = f0.reduce((sum, hz) => sum + hz, 0) / f0.length;
  console.log(`${name}: ${audio.duration.toFixed(2)} s, mean F0 ${mean.toFixed(0)} Hz`);
  audio.dispose();
  spoken.dispose();
}
await speak(one, plain, one);
await speak('between', averaged, one, (b.logF0.mean - a.logF0.mean) / 2);
await speak(other, plain, other);
await plotLines('average.svg', { title: text, x: 'seconds', y: 'F0, Hz' }, rows);
for (const part of [averaged, plain, vocoder, pipeline]) await part.dispose();
