// What the services here need of a pipeline, and whether it is theirs or the caller's.
import { VoirsError } from '../errors.js';
import type { PipelineOptions } from '../loading.js';
import { VoirsPipeline } from '../pipeline.js';

/** The part of VoirsPipeline that the services use. */
export type Speaker = Pick<VoirsPipeline, 'synthesize' | 'reset' | 'dispose'>;

/** Makes a speaker; default: `VoirsPipeline.create`. */
export type SpeakerFactory = (options: PipelineOptions) => Promise<Speaker>;

export const createPipeline: SpeakerFactory = (options) => VoirsPipeline.create(options);

/** Where a service gets its speaker. */
export interface SpeakerSource extends PipelineOptions {
  /** Speaks with this one, which stays the caller's; the other options are then not for it. Default: one of its own. */
  pipeline?: Speaker;
  create?: SpeakerFactory;
}

/** A speaker, and how its scope ends: an own one is disposed, the caller's is left alive. */
export async function openSpeaker(source: SpeakerSource): Promise<AsyncDisposable & { speaker: Speaker }> {
  const { pipeline, create = createPipeline, ...options } = source;
  if (pipeline) return { speaker: pipeline, [Symbol.asyncDispose]: async () => {} };
  const speaker = await create(options);
  return { speaker, [Symbol.asyncDispose]: async () => speaker.dispose() };
}

/**
 * @param kinds how the texts may be iterated.
 * @throws VoirsError INVALID_OPTIONS, also for a single string, whose characters would be taken for texts.
 */
export function checkTexts(texts: unknown, kinds: readonly symbol[]): void {
  if (typeof texts === 'object' && texts !== null && kinds.some((kind) => kind in texts)) return;
  throw new VoirsError('INVALID_OPTIONS', 'texts is not a list of texts', {
    got: typeof texts,
    wanted: 'an iterable of strings',
    suggestion: 'For one text use synthesize()',
  });
}
