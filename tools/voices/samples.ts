// Speaks the samples of docs/voices.md with the shipped weights: `npx tsx tools/voices/samples.ts`. Beside them it
// writes which weights they were made from, so that a test tells when they are out of date.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';

/** A sample, as tools/voices/samples.json lists it: plain text or SSML. */
export interface Sample {
  file: string;
  voice: string;
  title: string;
  text?: string;
  ssml?: string;
  /** Spoken at 8 kHz. */
  telephone?: boolean;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Bits a second: 30 kB for five seconds. */
const BIT_RATE = 48_000;
const TELEPHONE_BIT_RATE = 24_000;

/** The voice sets that the samples speak with. */
export const SETS = ['aspen', 'arctic'];

export const samples = JSON.parse(
  readFileSync(join(ROOT, 'tools', 'voices', 'samples.json'), 'utf8'),
) as Sample[];

/** Digests of the weights of a voice set, as its manifest states them. */
export function digestsOf(set: string): string[] {
  const manifest = readFileSync(join(ROOT, 'weights', set, 'model.json'), 'utf8');
  return [...manifest.matchAll(/"sha256": "([0-9a-f]{64})"/g)].map(([, digest]) => digest!);
}

async function speak({ voice, text, ssml, telephone }: Sample): Promise<AudioBuffer> {
  await using pipeline = await VoirsPipeline.create({ voice, ...(telephone ? { sampleRate: 8000 } : {}) });
  return ssml ? await pipeline.synthesizeSsml(ssml) : await pipeline.synthesize(text!);
}

async function main(): Promise<void> {
  const folder = join(ROOT, 'docs', 'samples');
  mkdirSync(folder, { recursive: true });
  for (const sample of samples) {
    using audio = await speak(sample);
    const path = join(folder, `${sample.file}.mp3`);
    const bitRate = sample.telephone ? TELEPHONE_BIT_RATE : BIT_RATE;
    await audio.save(path, { bitRate, metadata: { title: sample.title, artist: 'voirs' } });
    console.log(path, `${audio.duration.toFixed(1)} s`);
  }
  const digests = Object.fromEntries(SETS.map((set) => [set, digestsOf(set)]));
  writeFileSync(join(folder, 'made-from.json'), `${JSON.stringify(digests, null, '\t')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
