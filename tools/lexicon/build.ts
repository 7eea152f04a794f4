// Packs CMUdict into weights/lexicon/cmudict.bin. Run: npx tsx tools/lexicon/build.ts
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  encodeWord,
  LETTER_END,
  LEXICON_MAGIC,
  PHONE_END,
  PHONE_NEXT,
  PREFIX_LIMIT,
} from '../../src/frontend/en-us/lexicon/compact-lexicon.js';
import { phoneIndex } from '../../src/frontend/phonemes.js';
import { BitWriter, HuffmanEncoder } from './bit-writer.js';
import { type DictionaryEntry, readCmudict } from './cmudict-source.js';

const BLOCK_SIZE = 16;

/** One entry as symbols of the three alphabets. */
interface Symbols {
  prefix: number;
  letters: number[];
  phones: number[];
}

function symbolsOf(entries: DictionaryEntry[]): Symbols[] {
  let before: Uint8Array = new Uint8Array(0);
  return entries.map(({ word, pronunciations }, index) => {
    const codes = encodeWord(word);
    if (codes === undefined) throw new Error(`CMUdict: ${word} has a character outside the alphabet`);
    let prefix = 0;
    if (index % BLOCK_SIZE !== 0) {
      while (prefix < PREFIX_LIMIT - 1 && prefix < codes.length && codes[prefix] === before[prefix]) prefix++;
    }
    before = codes;
    const phones = pronunciations.flatMap((variant) => [
      ...variant.map((phone) => phoneIndex(phone)!),
      PHONE_NEXT,
    ]);
    phones[phones.length - 1] = PHONE_END;
    return { prefix, letters: [...codes.subarray(prefix), LETTER_END], phones };
  });
}

/** The bytes of the compact file; entries sorted by character code. */
export function packLexicon(entries: DictionaryEntry[]): Uint8Array {
  const counts = [
    new Uint32Array(LETTER_END + 1),
    new Uint32Array(PREFIX_LIMIT),
    new Uint32Array(PHONE_END + 1),
  ] as const;
  const all = symbolsOf(entries);
  for (const { prefix, letters, phones } of all) {
    for (const letter of letters) counts[0][letter]! += 1;
    counts[1][prefix]! += 1;
    for (const phone of phones) counts[2][phone]! += 1;
  }
  const codes = counts.map((count) => new HuffmanEncoder(count));
  const [letterCode, prefixCode, phoneCode] = codes as [HuffmanEncoder, HuffmanEncoder, HuffmanEncoder];
  const bits = new BitWriter();
  const offsets: number[] = [];
  all.forEach(({ prefix, letters, phones }, index) => {
    if (index % BLOCK_SIZE === 0) offsets.push(bits.position);
    prefixCode.write(bits, prefix);
    for (const letter of letters) letterCode.write(bits, letter);
    for (const phone of phones) phoneCode.write(bits, phone);
  });
  const header = 12 + codes.reduce((size, code) => size + 2 + code.lengths.length, 0);
  const body = bits.finish();
  const bytes = new Uint8Array(header + offsets.length * 4 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, LEXICON_MAGIC, true);
  view.setUint32(4, entries.length, true);
  view.setUint32(8, BLOCK_SIZE, true);
  let at = 12;
  for (const { lengths } of codes) {
    view.setUint16(at, lengths.length, true);
    bytes.set(lengths, at + 2);
    at += 2 + lengths.length;
  }
  for (const [block, offset] of offsets.entries()) view.setUint32(header + block * 4, offset, true);
  bytes.set(body, header + offsets.length * 4);
  return bytes;
}

if (process.argv[1]?.endsWith('build.ts')) {
  const folder = new URL('../../weights/lexicon/', import.meta.url);
  mkdirSync(folder, { recursive: true });
  const entries = readCmudict();
  const bytes = packLexicon(entries);
  writeFileSync(new URL('cmudict.bin', folder), bytes);
  const version = JSON.parse(
    readFileSync(createRequire(import.meta.url).resolve('cmu-pronouncing-dictionary/package.json'), 'utf8'),
  ).version;
  console.log(
    `cmudict.bin: ${entries.length} words, ${bytes.length} bytes (cmu-pronouncing-dictionary ${version})`,
  );
}
