// Writes a copy of a voice whose weights take one byte each (the form: src/checkpoints/safetensors.ts).
// Run: npx tsx tools/voices/quantise.ts IN_FOLDER OUT_FOLDER
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { float16ToFloat32, float32ToFloat16 } from '../../src/checkpoints/half-float.js';
import { writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { floatTensor, type HostTensor, toFloat32 } from '../../src/checkpoints/tensor.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import type { FileEntry } from '../../src/voices/manifest.js';

/** Smaller tensors stay as they are: together they take 2 % of the 8-bit files of the shipped voice. */
const LEAST_VALUES = 4096;
/** Steps are symmetric: -128 is not used. */
const LARGEST_STEP = 127;

/**
 * A floating-point tensor of rank >= 2 and at least 4,096 values in I8, with one F16 scale for each row of
 * axis 0; any other tensor as it is. No value changes by more than half the scale of its row.
 */
export function quantised(tensor: HostTensor): HostTensor {
  const { dtype, shape } = tensor;
  const isFloat = dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' || dtype === 'F64';
  const count = shape.reduce((product, size) => product * size, 1);
  if (!isFloat || shape.length < 2 || count < LEAST_VALUES) return tensor;
  const values = toFloat32(tensor);
  const [rows] = shape as [number];
  const width = count / rows;
  const scales = new Float32Array(rows);
  const steps = new Int8Array(count);
  for (let row = 0; row < rows; row++) {
    const weights = values.subarray(row * width, (row + 1) * width);
    const scale = rowScale(weights);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < width; i++) {
      const step = Math.round(weights[i]! / scale);
      steps[row * width + i] = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, step));
    }
  }
  const bytes = new Uint8Array(steps.buffer);
  return { dtype: 'I8', shape, bytes, scale: floatTensor(scales, [rows], 'F16') };
}

/** Bits of a float16's mantissa that a scale does without: it keeps 4 significant bits. */
const DROPPED_BITS = 0x7f;

/**
 * max|w| / 127 or up to an eighth more, as a float16 of 4 significant bits. A step of 7 bits times such a scale is again
 * a float16, so that small memory limits keep the weights in 16 bits without losing anything (backends/wasm/weights.ts).
 */
function rowScale(weights: Float32Array): number {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  const half = float32ToFloat16(Float32Array.of(largest / LARGEST_STEP));
  if (float16ToFloat32(half)[0]! * LARGEST_STEP < largest) half[0]!++;
  half[0] = (half[0]! + DROPPED_BITS) & ~DROPPED_BITS;
  return float16ToFloat32(half)[0]!;
}

/**
 * Copies a voice folder with its weights in 8 bits, and states their new sizes and digests in model.json.
 * @returns bytes of each weights file before and after.
 */
export async function quantiseVoice(
  from: string,
  to: string,
): Promise<{ file: string; before: number; after: number }[]> {
  if (resolve(from) === resolve(to))
    throw new Error('The two folders are the same: name another one to write.');
  const files = await loadVoiceFiles(from);
  cpSync(from, to, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(from, 'model.json'), 'utf8'));
  const written = new Map<string, FileEntry & { before: number }>();
  for (const entry of [manifest.acoustic, ...Object.values(manifest.vocoders)] as FileEntry[]) {
    if (!written.has(entry.file)) {
      const { tensors, metadata } = await files.tensors(entry);
      const smaller = new Map([...tensors].map(([name, tensor]) => [name, quantised(tensor)]));
      const bytes = writeSafetensors(smaller, metadata);
      writeFileSync(join(to, entry.file), bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      written.set(entry.file, { file: entry.file, bytes: bytes.length, sha256, before: entry.bytes });
    }
    const { bytes, sha256 } = written.get(entry.file)!;
    Object.assign(entry, { bytes, sha256 });
  }
  writeFileSync(join(to, 'model.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  return [...written.values()].map(({ file, before, bytes }) => ({ file, before, after: bytes }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [from, to] = process.argv.slice(2);
  if (from === undefined || to === undefined) {
    console.error('Usage: npx tsx tools/voices/quantise.ts IN_FOLDER OUT_FOLDER');
    process.exitCode = 2;
  } else {
    for (const { file, before, after } of await quantiseVoice(from, to)) {
      console.log(`${file}: ${before} -> ${after} bytes (${Math.round((100 * after) / before)} %)`);
    }
  }
}
