// Speaks in a page whose policy forbids code made from strings, and returns what toNdarray throws.
import { setAssetBase, VoirsError, VoirsPipeline } from '../../../src/index.js';

export interface Tried {
  isForbidden: boolean;
  seconds: number;
  threads: number;
  error?: ReturnType<VoirsError['toJSON']>;
}

function forbidsEval(): boolean {
  try {
    new Function('return 1')();
    return false;
  } catch (error) {
    return (error as Error).name === 'EvalError';
  }
}

export async function run(): Promise<Tried> {
  setAssetBase('/package/');
  await using pipeline = await VoirsPipeline.create({ numThreads: 2, sampleRate: 48000 });
  using audio = await pipeline.synthesize('<speak>Hello there.</speak>', { input: 'ssml' });
  const tried = { isForbidden: forbidsEval(), seconds: audio.duration, threads: pipeline.backend.threads };
  try {
    audio.toNdarray();
    return tried;
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    return { ...tried, error: error.toJSON() };
  }
}
