// Our engine in the form that bench/lib/fresh/speak.mjs calls: the built package, as a user loads it.

/** @param options { weights, voice }: the voice folder and the speaker. */
export async function open({ weights, voice }) {
  const { VoirsPipeline } = await import(new URL('../../../dist/index.js', import.meta.url).href);
  const pipeline = await VoirsPipeline.create({ weights, voice, numThreads: 1, cacheSize: 0 });
  return {
    async speak(text) {
      const audio = await pipeline.synthesize(text);
      const { sampleRate } = audio;
      const samples = Float32Array.from(audio.samples);
      audio.dispose();
      return { samples, sampleRate };
    },
  };
}
