// Loads a pipeline where something is wrong with the page or its server, and returns what a user's program
// would see.
import { setAssetBase, VoirsError, VoirsPipeline } from '../../../src/index.js';

export interface TroubleWish {
  backend: string;
  numThreads?: number;
  /** Where the assets are; PORT stands for the port of the page. Default: the page's own server. */
  base?: string;
  /** Text to speak, where loading is not all. */
  text?: string;
}

export interface Seen {
  error?: { code: string; message: string; got: string | undefined; suggestion: string | undefined };
  backend?: VoirsPipeline['backend'];
  /** Largest sample. */
  peak?: number;
}

export async function run({ base = '/package/', text, ...options }: TroubleWish): Promise<Seen> {
  setAssetBase(base.replace('PORT', location.port));
  try {
    await using pipeline = await VoirsPipeline.create({ numThreads: 1, ...options });
    const backend = { ...pipeline.backend };
    if (text === undefined) return { backend };
    using audio = await pipeline.synthesize(text);
    return { backend, peak: audio.samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0) };
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    const { code, message, got, suggestion } = error;
    return { error: { code, message, got, suggestion } };
  }
}
