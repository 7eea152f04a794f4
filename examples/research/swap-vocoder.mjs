// Speaks one mel with the voice's own vocoder and with another's:
//
//   node swap-vocoder.mjs [TEXT] [MODEL]     MODEL: a HiFi-GAN or a voice folder; default: the vocoder of another voice
import { loadVocoder, VoirsPipeline } from 'voirs';
import { melDistance } from './measures.mjs';

const [text = 'The same words, from another vocoder.', model] = process.argv.slice(2);
const pipeline = await VoirsPipeline.create();
const spoken = await pipeline.mel(text);
const vocoders = {
  own: await loadVocoder(),
  other: await loadVocoder(model, model === undefined ? { voice: 'slt' } : {}),
};
for (const [name, vocoder] of Object.entries(vocoders)) {
  // F0 is read by a source-driven vocoder only.
  const audio = await vocoder.vocode(spoken.mel, { f0: spoken.f0 });
  await audio.save(`swap-${name}.wav`);
  console.log(
    `${name}: ${audio.duration.toFixed(2)} s, mel distance ${melDistance(audio, spoken.mel).toFixed(3)}`,
  );
  audio.dispose();
  await vocoder.dispose();
}
spoken.dispose();
await pipeline.dispose();
