// What calls of the library give, in a form that can be compared: digests of samples, or the code of the error.
import { createHash } from 'node:crypto';

const dist = (name) => import(new URL(`../../../dist/${name}.js`, import.meta.url).href);
export const voirs = await dist('index');
const { VoirsError } = voirs;
voirs.useEncoder('mp3', () => import('wasm-media-encoders'));
voirs.useEncoder('opus', () => import('libopus-wasm'));

export const codeOf = (error) => (error instanceof VoirsError ? error.code : undefined);

export function digest(pieces) {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength));
  return hash.digest('hex');
}

/** @throws Error on samples that are no sound. */
export function checked(samples) {
  for (const value of samples) if (!(Math.abs(value) <= 1)) throw new Error(`a sample is ${value}`);
  return samples;
}

/** How a call ended: what it gave, or the code of its error. */
export async function outcome(work) {
  try {
    return { gave: await work() };
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return { code: error.code };
  }
}

export async function sung(pipeline, { input, options }) {
  const audio = await pipeline.synthesize(input, options);
  const sha256 = digest([checked(audio.samples)]);
  audio.dispose();
  return sha256;
}

/** Of the samples of a stream, joined. */
export async function samplesOf(stream, onChunk = () => {}) {
  const hash = createHash('sha256');
  for await (const chunk of stream) {
    const { samples } = chunk;
    checked(samples);
    hash.update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
    chunk.dispose();
    await onChunk();
  }
  return hash.digest('hex');
}
