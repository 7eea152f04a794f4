// Writes the recordings that the studio plays on its voice cards: `node --import tsx tools/voices/studio-samples.ts` after a
// voice has been added or changed. Each is an MP3 of a few seconds.
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { VoirsPipeline } from '../../src/index.js';

const weights = fileURLToPath(new URL('../../weights', import.meta.url));
const folder = fileURLToPath(new URL('../../web/public/samples', import.meta.url));

/** Names that are letters are said as such. */
const said = (name: string): string => (/^[A-Z]+$/.test(name) ? name.split('').join('. ') : name);

mkdirSync(folder, { recursive: true });
for (const set of readdirSync(weights)) {
  const manifest = join(weights, set, 'model.json');
  if (!existsSync(manifest)) continue;
  const { speakers } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    speakers: { id: string; name: string }[];
  };
  await using pipeline = await VoirsPipeline.create({ weights: join(weights, set) });
  for (const { id, name } of speakers) {
    using audio = await pipeline.synthesize(`Hello, I'm ${said(name)}. What would you like me to read?`, {
      voice: id,
    });
    const path = join(folder, `${id}.mp3`);
    await audio.save(path, { format: 'mp3', bitRate: 32_000 });
    console.log(path, `${audio.duration.toFixed(1)} s`);
  }
}
