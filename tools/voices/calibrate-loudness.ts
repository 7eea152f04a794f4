// Measures how much louder each shipped speaker's samples are than its mels predict, and writes the offsets
// into the voice's model.json. Run after new weights: npx tsx tools/voices/calibrate-loudness.ts
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sharedPath } from '../../bench/lib/cache.js';
import { openEngine } from '../../bench/lib/engine.js';
import { meanOf, sentenceLoudness } from '../../bench/suites/loudness.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';

/** Every fourteenth text of the training split, which shares none with the bench. */
const EVERY = 14;

const rows = readFileSync(sharedPath('corpus', 'metadata.tsv'), 'utf8').trim().split('\n').slice(1);
const training = rows.map((row) => row.split('\t')).filter((fields) => fields[2] === 'train');
const texts = [...new Set(training.map((fields) => fields[5]!))].filter((_, n) => n % EVERY === 0);

const path = join(defaultVoiceFolder(), 'model.json');
const source = readFileSync(path, 'utf8');
const manifest = JSON.parse(source);
const vocoder = manifest.vocoders[manifest.quality.medium];
const offsets: Record<string, number> = {};
await using engine = await openEngine({ backend: 'wasm', threads: 1 });
for (const { id } of manifest.speakers as { id: string }[]) {
  const sentences = await sentenceLoudness(engine, id, texts);
  const offset = meanOf(sentences.map(({ measured, estimated }) => measured - estimated));
  offsets[id] = Math.round(offset * 100) / 100;
  console.log(`${id}: ${offsets[id]} LU over ${sentences.length} sentences`);
}
vocoder.loudnessOffsets = offsets;
writeFileSync(path, `${JSON.stringify(manifest, null, 1)}${source.endsWith('\n') ? '\n' : ''}`);
