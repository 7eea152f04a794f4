// Trains the shipped letter-to-sound model on all of CMUdict. Run: npx tsx tools/lexicon/train-lts.ts
import { mkdirSync, writeFileSync } from 'node:fs';
import { readCmudict } from './cmudict-source.js';
import { trainLetterToSound } from './lts-training.js';

const folder = new URL('../../weights/lexicon/', import.meta.url);
mkdirSync(folder, { recursive: true });
const bytes = trainLetterToSound(readCmudict());
writeFileSync(new URL('letter-to-sound.bin', folder), bytes);
console.log(`letter-to-sound.bin: ${bytes.length} bytes`);
