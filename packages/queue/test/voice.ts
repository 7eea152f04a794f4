// One voice for the workers that a test has in its own process: loading it for each takes longer than what they speak.
import { VoirsPipeline } from 'voirs';
import type { QueueWorkerOptions } from '../src/index.js';
import { speakPart } from '../src/speak.js';

let pipeline: Promise<VoirsPipeline> | undefined;

/** As a worker speaks by itself, with the voice and the rate that a book has by default. */
export const speak: NonNullable<QueueWorkerOptions['speak']> = async (
  store,
  key,
  request,
  signal,
  onChunk,
) => {
  pipeline ??= VoirsPipeline.create({ sampleRate: 24_000, cacheSize: 0 });
  return speakPart(await pipeline, store, key, request, { signal, onChunk });
};

/** At the end of a test file. */
export async function disposeVoice(): Promise<void> {
  await (await pipeline)?.dispose();
}
