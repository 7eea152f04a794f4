// Bundled as a classic script, which has no import.meta: what a page without modules, or a worker made of a
// blob, runs.
import { setAssetBase, VoirsPipeline } from '../../../src/index.js';

export interface ClassicAnswer {
  rms?: number;
  error?: string;
}

async function speak(base: string | null): Promise<ClassicAnswer> {
  if (base !== null) setAssetBase(base);
  try {
    await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
    using audio = await pipeline.synthesize('Yes.');
    return { rms: audio.rms() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

Object.assign(globalThis, { speakClassic: speak });
if (globalThis.document === undefined) {
  globalThis.onmessage = async ({ data }: MessageEvent<string | null>) =>
    globalThis.postMessage(await speak(data));
}
