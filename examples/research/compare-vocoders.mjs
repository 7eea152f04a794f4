// Three vocoders on one mel: how far each is from the mel, from the pitch, and what DNSMOS thinks of it.
//
//   node compare-vocoders.mjs [TEXT] [MODEL ...]     MODEL: another HiFi-GAN of the same mels; writes WAV and vocoders.svg
import { basename } from 'node:path';
import { griffinLim, loadVocoder, VoirsPipeline } from 'voirs';
import { dnsmos, f0Error, melDistance } from './measures.mjs';
import { plot } from './plot.mjs';

const [text = 'Three machines read the same line of music.', ...models] = process.argv.slice(2);
const pipeline = await VoirsPipeline.create();
const spoken = await pipeline.mel(text);
const { mel, f0 } = spoken;

/** Each makes audio of the mel; the caller disposes it. */
const vocoders = { 'Griffin-Lim': () => griffinLim(mel) };
const loaded = [];
async function add(name, source, options) {
  const vocoder = await loadVocoder(source, options);
  loaded.push(vocoder);
  vocoders[name] = () => vocoder.vocode(mel, { f0 });
}
await add('of hazel and miles');
await add('of slt and bdl', undefined, { voice: 'slt' });
for (const model of models) await add(basename(model), model);

const rows = [];
const files = [];
for (const [vocoder, speak] of Object.entries(vocoders)) {
  const audio = await speak();
  const path = `${process.cwd()}/vocoder-${rows.length}.wav`;
  await audio.save(path);
  files.push({ path, reference: text });
  rows.push({
    vocoder,
    'mel distance': melDistance(audio, mel),
    'F0 error, cents': f0Error(audio, f0, mel.form).cents,
  });
  audio.dispose();
}
(await dnsmos(files))?.forEach((overall, n) => {
  rows[n].DNSMOS = overall;
});
console.table(rows);
const measures = Object.keys(rows[0]).filter((name) => name !== 'vocoder');
const values = rows.flatMap((row) => measures.map((measure) => ({ ...row, measure, value: row[measure] })));
await plot('vocoders.svg', {
  ...{ title: text, data: { values }, mark: 'bar', width: 180, height: 220 },
  encoding: {
    column: { field: 'measure', title: null, sort: null },
    x: { field: 'vocoder', title: null, sort: null, axis: { labelAngle: -30 } },
    y: { field: 'value', type: 'quantitative', title: null },
    color: { field: 'vocoder', legend: null, sort: null },
  },
  resolve: { scale: { y: 'independent' } },
});
spoken.dispose();
for (const part of [...loaded, pipeline]) await part.dispose();
