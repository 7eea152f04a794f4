// Speaks a sentence in the page as a user's program would, and returns the speech and the backend.
import { setAssetBase, VoirsPipeline } from '../../../src/index.js';

export interface SpeakWish {
  text: string;
  numThreads?: number;
  backend?: string;
  voice?: string;
  /** A URL. */
  weights?: string;
}

export interface Spoken {
  samples: Float32Array;
  words: { text: string; start: number }[];
  backend: VoirsPipeline['backend'];
  seconds: number;
}

export async function run({ text, ...options }: SpeakWish): Promise<Spoken> {
  setAssetBase('/package/');
  await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1, ...options });
  const started = performance.now();
  using audio = await pipeline.synthesize(text);
  const words = audio.timeline.words.map(({ text, start }) => ({ text, start }));
  return {
    samples: audio.samples.slice(),
    words,
    backend: { ...pipeline.backend },
    seconds: (performance.now() - started) / 1000,
  };
}
